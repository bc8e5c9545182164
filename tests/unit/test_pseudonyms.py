"""What stands for a person in landing."""

import pytest

from include.warehouse.pseudonyms import pseudonym

KEY = b"0123456789abcdef"


@pytest.mark.parametrize(
    "address",
    [
        "asouza.wb84r71+2-oge3donrzgiydqnrt@mail.mercadolivre.com",
        "ASouza.wb84r71+2-oge3donrzgiydqnrt@mail.mercadolivre.com.br ",
        "asouza.wb84r71+2-oge3donrzgiydqnrt@mail.mercadolibre.com",
        "26e6a2f59cef4f8bb09882d7cf758d71@ct.vtex.com.br",
        "ana@example.com-265600829169b.ct.vtex.com.br",
    ],
)
def test_an_address_that_a_marketplace_makes_for_one_order_is_nobodys(address: str) -> None:
    assert pseudonym(KEY, "text", address) is None


@pytest.mark.parametrize("address", ["testcust01@shop.example", "test_user_8123@testuser.com"])
def test_an_address_of_a_test_order_is_nobodys(address: str) -> None:
    assert pseudonym(KEY, "text", address) is None


@pytest.mark.parametrize(
    "text",
    [
        "ana@mercadolivre.com",  # who works there
        "ana@mail.mercadolivre.com.example",
        "maria.testcust@example.com",
        "testcust",  # a user's name
        "x2lm5k9q7r@marketplace.amazon.com.br",  # of one buyer and seller, in each order the same
    ],
)
def test_other_addresses_and_names_are_somebodys(text: str) -> None:
    assert len(pseudonym(KEY, "text", text) or "") == 32
