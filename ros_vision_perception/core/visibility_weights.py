"""How far one unit of each piece of evidence speaks for each explanation, in log-odds.

The columns are VISIBLE, and hidden by SELF, PERSON, OBJECT, and OUT of the image.
Made by `ros-vision-perception fit visibility --seed 0 --rooms 200 --clips 14`;
do not edit.
"""

WEIGHTS = {
    'prior':                    (0.00, -3.71, -2.74, -2.52, -0.89),
    'model_sees_it':            (0.17, 0.00, 0.00, 0.00, 0.00),
    'model_misses_it':          (-1.00, 0.00, 0.00, 0.00, 0.00),
    'model_scores_it':          (0.40, 0.00, 0.00, 0.00, 0.00),
    'model_has_it_in_image':    (0.00, 0.00, 0.00, 0.00, -0.21),
    'beyond_border':            (0.00, 0.00, 0.00, 0.00, 1.50),
    'on_own_mask':              (0.00, 0.00, -0.45, -0.35, 0.00),
    'limb_off_mask':            (0.00, 0.00, 2.01, 2.78, 0.00),
    'gone_from_where_expected': (0.00, 0.00, 2.47, 5.16, 0.00),
    'nobody_there':             (0.00, 0.00, 0.08, 2.67, 0.00),
    'somebody_else_there':      (0.00, 0.00, 0.14, 0.00, 0.00),
    'behind_person':            (0.00, 0.00, 4.19, 0.00, 0.00),
    'behind_object':            (0.00, 0.00, 0.00, 5.96, 0.00),
    'expected_behind_person':   (0.00, 0.00, 6.00, 0.00, 0.00),
    'expected_behind_object':   (0.00, 0.00, 0.00, 6.00, 0.00),
    'behind_own_body':          (0.00, 4.77, 0.00, 0.00, 0.00),
    'turned_away':              (0.00, 3.89, 0.00, 0.00, 0.00),
    'jumped':                   (-2.42, 0.00, 0.00, 0.00, 0.00),
    'bone_too_long':            (-0.33, 0.00, 0.00, 0.00, 0.00),
    'bone_too_short':           (-1.75, 0.00, 0.00, 0.00, 0.00),
}  # fmt: skip
