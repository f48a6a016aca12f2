"""The model families whose networks are recognised by what they say of themselves: name -> module.

A new family is one module in `models` and one entry here.
"""

from collections.abc import Mapping

from ros_vision_perception.models import (
    associative,
    blazepose_crops,
    bodypix,
    heatmap,
    keypoint_rcnn,
    mask_rcnn,
    mask_rcnn_benchmark,
    mask_rcnn_end2end,
    movenet,
    movenet_multi,
    nanodet,
    osnet,
    personlab,
    reid_retail,
    rtmdet,
    rtmdet_ins,
    rtmdet_raw,
    rtmo,
    selfie,
    semantic,
    simcc,
    ssd,
    yolo_detect,
    yolo_pose,
    yolo_seg,
    yolox,
    yolox_end2end,
)
from ros_vision_perception.models.base import (
    AppearanceModel,
    CropPoseModel,
    DetectorModel,
    Family,
    PoseModel,
    SegmentationModel,
)

POSE: dict[str, Family[PoseModel]] = {
    'yolo-pose': yolo_pose,
    'rtmo': rtmo,
    'movenet-multi': movenet_multi,
    'personlab': personlab,
    'associative': associative,
    'keypoint-rcnn': keypoint_rcnn,
}
# A pose model of two networks is one of these with one of those.
DETECTOR: dict[str, Family[DetectorModel]] = {
    'rtmdet': rtmdet,
    'rtmdet-raw': rtmdet_raw,
    'yolox': yolox,
    'yolox-end2end': yolox_end2end,
    'nanodet': nanodet,
    'yolo-detect': yolo_detect,
    'ssd': ssd,
}
CROP_POSE: dict[str, Family[CropPoseModel]] = {
    'blazepose': blazepose_crops,
    'movenet': movenet,
    'heatmap': heatmap,
    'simcc': simcc,
}
SEGMENTATION: dict[str, Family[SegmentationModel]] = {
    'selfie': selfie,
    'yolo-seg': yolo_seg,
    'mask-rcnn': mask_rcnn,
    mask_rcnn.BENCHMARK: mask_rcnn_benchmark,
    mask_rcnn_end2end.FAMILY: mask_rcnn_end2end,
    'rtmdet-ins': rtmdet_ins,
    'semantic': semantic,
    'bodypix': bodypix,
}
REID: dict[str, Family[AppearanceModel]] = {'osnet': osnet, 'reid-retail': reid_retail}

ALL: Mapping[str, Mapping[str, Family[object]]] = {
    'pose model': POSE,
    'person detector': DETECTOR,
    'pose network for crops of people': CROP_POSE,
    'segmentation model': SEGMENTATION,
    're-identification network': REID,
}
