"""The lattice of payments, walked through every sequence of questions."""

from itertools import pairwise, product

import pytest

from users.domain.payments import Ask, PaymentState, Refusal, next_state

C, D, R, V = PaymentState.CAPTURED, PaymentState.DECLINED, PaymentState.REFUNDED, PaymentState.VOIDED
ASKS = [
    (Ask.CAPTURE, None),
    (Ask.CAPTURE, Refusal.INSUFFICIENT_FUNDS),
    (Ask.CAPTURE, Refusal.USER_INACTIVE),
    (Ask.CANCEL, None),
]
SEQUENCES = [sequence for length in range(1, 5) for sequence in product(ASKS, repeat=length)]


def walked(sequence):
    state, path = None, []
    for ask, refusal in sequence:
        state = next_state(state, ask, refusal)
        path.append(state)
    return path


@pytest.mark.parametrize(
    ("current", "ask", "refusal", "wanted"),
    [
        (None, Ask.CAPTURE, None, C),
        (None, Ask.CAPTURE, Refusal.INSUFFICIENT_FUNDS, D),
        (None, Ask.CAPTURE, Refusal.USER_INACTIVE, D),
        (None, Ask.CANCEL, None, V),
        (C, Ask.CAPTURE, None, C),
        (C, Ask.CAPTURE, Refusal.INSUFFICIENT_FUNDS, C),
        (C, Ask.CANCEL, None, R),
        (D, Ask.CAPTURE, None, D),
        (D, Ask.CANCEL, None, D),
        (R, Ask.CAPTURE, None, R),
        (R, Ask.CANCEL, None, R),
        (V, Ask.CAPTURE, None, V),
        (V, Ask.CANCEL, None, V),
    ],
)
def test_each_step_is_the_designs(current, ask, refusal, wanted):
    assert next_state(current, ask, refusal) is wanted


def test_final_states_absorb_in_every_sequence():
    for sequence in SEQUENCES:
        path = walked(sequence)
        for before, after in pairwise(path):
            assert before is after or (before, after) == (C, R), sequence


def test_after_a_cancellation_no_sequence_keeps_the_money():
    for sequence in SEQUENCES:
        if Ask.CANCEL in [ask for ask, _ in sequence]:
            assert walked(sequence)[-1] is not C, sequence


def test_money_is_taken_at_most_once_in_every_sequence():
    for sequence in SEQUENCES:
        states = [None, *walked(sequence)]
        assert sum(b is C and a is not C for a, b in pairwise(states)) <= 1, sequence
