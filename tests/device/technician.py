"""What a technician does from the blank disk to the first sale, by the steps of docs/device.md, and how long it takes.

The machine's part is measured by the device test. The person's part is reckoned from what is done at each step with the
keystroke-level model (Card, Moran, Newell: The Keystroke-Level Model for User Performance Time, CACM 23, 1980): 0.28 s a key,
1.1 s to point at something or touch it, 1.35 s to look and decide; what is carried and plugged is an allowance, named as such.
"""

from collections import namedtuple

KEY_S, TOUCH_S, LOOK_S = 0.28, 1.1, 1.35
ALLOWED_S = 600

Step = namedtuple("Step", "words keys touches looks allowance waits")

STEPS = (
    Step("Write the shop's network into shop12.ini", 90, 0, 6, 0, ()),
    Step("./flash.sh --image … --ca … --device … --serial … --provision shop12.ini", 120, 0, 6, 0, ("flash_s",)),
    Step("Put the disk into the terminal; plug printer, network, power", 0, 0, 4, 120, ("first_start_s",)),
    Step("At head office: admin enrol-sheet --store 3 --count 1 --out sheet.pdf; print it", 75, 2, 4, 30, ()),
    Step("Hold its QR before the camera", 0, 0, 2, 5, ()),
    Step("Compare the six digits; admin confirm 123456", 40, 0, 4, 0, ("enrolled_s",)),
    Step("A clerk signs in: staff, name, PIN, OK", 0, 7, 3, 0, ("signed_in_s",)),
    Step("The first sale: sale, 88.00, OK, scan, coupon, next", 0, 8, 4, 5, ("first_sale_s",)),
)


def hands_on_s(step):
    return step.keys * KEY_S + step.touches * TOUCH_S + step.looks * LOOK_S + step.allowance


def table(times):
    """The steps as lines of text with both parts, and the two sums."""
    lines, hands, waited = [], 0.0, 0.0
    for number, step in enumerate(STEPS, 1):
        mine, machine = hands_on_s(step), sum(times.get(name, 0) for name in step.waits)
        hands, waited = hands + mine, waited + machine
        lines.append(f"{number}  {step.words}: {mine:.0f} s of the technician, {machine:.0f} s of the machine")
    lines.append(f"from the blank disk to the first sale: {len(STEPS)} steps, {hands:.0f} s of the technician, {waited:.0f} s of the machine")
    return lines, hands, waited
