import pytest

from mnist_study.plan.layout import format_factor, parse_factor


@pytest.mark.parametrize("factor, text", [(1e-6, "1e-06"), (1e-4, "0.0001"), (1, "1.0"), (None, "none")])
def test_a_factor_has_one_name_in_paths_and_is_read_back(factor, text):
    assert format_factor(factor) == text
    assert parse_factor(text) == factor
