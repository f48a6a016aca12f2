"""How far one unit of each piece of evidence speaks for each explanation, in log-odds.

The columns are VISIBLE, and hidden by SELF, PERSON, OBJECT, and OUT of the image.
Made by `ros-vision-perception fit visibility --seed 0 --rooms 200 --clips 14`;
do not edit.
"""

WEIGHTS = {
    'prior':                    (0.00, -3.46, -2.77, -2.48, -0.80),
    'model_sees_it':            (0.21, 0.00, 0.00, 0.00, 0.00),
    'model_misses_it':          (-1.00, 0.00, 0.00, 0.00, 0.00),
    'model_scores_it':          (0.37, 0.00, 0.00, 0.00, 0.00),
    'model_has_it_in_image':    (0.00, 0.00, 0.00, 0.00, -0.25),
    'beyond_border':            (0.00, 0.00, 0.00, 0.00, 1.63),
    'on_own_mask':              (0.00, 0.00, -0.61, -0.53, 0.00),
    'limb_off_mask':            (0.00, 0.00, 2.28, 3.12, 0.00),
    'gone_from_where_expected': (0.00, 0.00, 1.77, 4.25, 0.00),
    'nobody_there':             (0.00, 0.00, 0.00, 2.32, 0.00),
    'somebody_else_there':      (0.00, 0.00, 0.31, 0.00, 0.00),
    'behind_person':            (0.00, 0.00, 4.63, 0.00, 0.00),
    'behind_object':            (0.00, 0.00, 0.00, 5.89, 0.00),
    'expected_behind_person':   (0.00, 0.00, 6.00, 0.00, 0.00),
    'expected_behind_object':   (0.00, 0.00, 0.00, 6.00, 0.00),
    'behind_own_body':          (0.00, 4.34, 0.00, 0.00, 0.00),
    'turned_away':              (0.00, 3.68, 0.00, 0.00, 0.00),
    'jumped':                   (-1.74, 0.00, 0.00, 0.00, 0.00),
    'bone_too_long':            (-0.22, 0.00, 0.00, 0.00, 0.00),
    'bone_too_short':           (-1.68, 0.00, 0.00, 0.00, 0.00),
}  # fmt: skip
