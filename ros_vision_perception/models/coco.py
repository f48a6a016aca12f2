"""The classes of COCO, for networks that do not say what theirs are called."""

# Source: Lin et al., "Microsoft COCO: Common Objects in Context", 2014; the 80 things that the
# detection challenge uses, in the order of their ids.
CLASS_NAMES = (
    *('person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat'),
    *('traffic light', 'fire hydrant', 'stop sign', 'parking meter', 'bench', 'bird', 'cat'),
    *('dog', 'horse', 'sheep', 'cow', 'elephant', 'bear', 'zebra', 'giraffe', 'backpack'),
    *('umbrella', 'handbag', 'tie', 'suitcase', 'frisbee', 'skis', 'snowboard', 'sports ball'),
    *('kite', 'baseball bat', 'baseball glove', 'skateboard', 'surfboard', 'tennis racket'),
    *('bottle', 'wine glass', 'cup', 'fork', 'knife', 'spoon', 'bowl', 'banana', 'apple'),
    *('sandwich', 'orange', 'broccoli', 'carrot', 'hot dog', 'pizza', 'donut', 'cake', 'chair'),
    *('couch', 'potted plant', 'bed', 'dining table', 'toilet', 'tv', 'laptop', 'mouse'),
    *('remote', 'keyboard', 'cell phone', 'microwave', 'oven', 'toaster', 'sink'),
    *('refrigerator', 'book', 'clock', 'vase', 'scissors', 'teddy bear', 'hair drier'),
    'toothbrush',
)

# The ids of the annotations, 1 to 90, have gaps where classes were left out.
_LEFT_OUT = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
NAMES_BY_ID = dict(zip((n for n in range(1, 91) if n not in _LEFT_OUT), CLASS_NAMES, strict=True))
