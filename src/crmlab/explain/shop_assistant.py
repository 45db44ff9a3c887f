"""A shopping assistant as an object that can be saved: lists for a customer, a basket, a product.

It holds what it answers from: a fitted recommender, everybody's purchases up to a day, what goes together,
what products are, and what may be offered. It names customers: it is as private as the purchases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable, UsageError
from crmlab.explain.offer_reasons import OfferReasons
from crmlab.explain.offerable import SENSITIVE
from crmlab.maths.next_basket.completion import Together
from crmlab.maths.next_basket.content import Content, likeness, path_steps, profiles
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.maths.next_basket.ranking import top

COLUMNS: Final = ("item", "score", "reason")
WHOM: Final = ("customer", "score", "reason")
LONGEST: Final = 100


@dataclass
class ShopAssistant:
    """What is asked, and from what.

    shop: its name. label: of the method. model: a fitted recommender. purchases: of everybody, up to `now`.
    products: `item, category, price, description` of all products, sold or not. barred: why items may not be
    offered, by item. limited: items for adults; adults: who is known to be one. refusing: who gave no
    consent, None where it is not known.
    """

    shop: str
    label: str
    model: Any
    purchases: Purchases
    together: Together
    products: pd.DataFrame
    now: pd.Timestamp
    barred: dict[str, str] = field(default_factory=dict)
    limited: frozenset[str] = frozenset()
    adults: frozenset[str] = frozenset()
    refusing: frozenset[str] | None = None

    def __post_init__(self) -> None:
        _by_rows(self.model)

    # --- for a customer ---------------------------------------------------------------------------
    def recommend(
        self,
        customer: str,
        *,
        count: int = 10,
        only_new: bool = False,
        not_within_days: int = 0,
        to_send: bool = False,
    ) -> pd.DataFrame:
        """Return COLUMNS of what to offer a customer, best first.

        only_new: leave out what she bought before. not_within_days: leave out what she bought in so many days
        up to `now`. to_send: the list is to be sent. Raises UsageError for an unknown customer or a count out
        of range, NotApplicable where a list is to be sent to who gave no consent.
        """
        _counted(count)
        self._known_customer(customer)
        if to_send and self.refusing is not None and customer in self.refusing:
            raise NotApplicable(
                f"'{customer}' gave no consent to be contacted: show the list in the shop only"
            )
        mine = self.purchases.of(np.array([customer]))
        scores = np.asarray(self.model.scores(mine), dtype=np.float64)[0]
        scores[self._barred_for(customer)] = -np.inf
        if only_new:
            scores[mine.item] = -np.inf
        if not_within_days:
            recent = mine.at >= np.datetime64(self.now) - np.timedelta64(not_within_days, "D")
            scores[mine.item[recent]] = -np.inf
        chosen = self._first(scores, count)
        items = self.purchases.items[chosen].tolist()
        reasons = [self._reasons.of(customer, item) for item in items]
        return pd.DataFrame(zip(items, scores[chosen], reasons, strict=True), columns=COLUMNS)

    # --- for a basket or a product ----------------------------------------------------------------
    def complete(self, basket: list[str], *, count: int = 10, customer: str | None = None) -> pd.DataFrame:
        """Return COLUMNS of what completes a partial basket: what its items bring, then what is popular.

        score: how likely the basket's items bring the item. Raises UsageError for an empty basket, and for an
        item that nobody bought ('did you mean').
        """
        _counted(count)
        if not basket:
            raise UsageError("the basket is empty: name at least one product")
        numbers = np.array(sorted({self._number(item) for item in basket}))
        brought = self.together.completed(numbers)
        scores = brought.copy()
        scores[numbers] = -np.inf
        scores[self._barred_for(customer)] = -np.inf
        chosen = self._first(scores, count)
        items = self.purchases.items[chosen].tolist()
        reasons = [self._of_basket(numbers, number) for number in chosen]
        return pd.DataFrame(zip(items, scores[chosen], reasons, strict=True), columns=COLUMNS)

    def goes_with(self, item: str, *, count: int = 10, customer: str | None = None) -> pd.DataFrame:
        """Return COLUMNS of what goes with a product, the surest first; score: lift given basket sizes.

        Raises UsageError for an item that nobody bought, NotApplicable where nothing goes with it.
        """
        _counted(count)
        number = self._number(item)
        others, lift, share = self.together.of(number)
        kept = ~self._barred_for(customer)[others]
        others, lift, share = others[kept][:count], lift[kept][:count], share[kept][:count]
        if not len(others):
            raise NotApplicable(f"nothing goes with '{item}' in enough baskets")
        reasons = [
            f"{part:.1%} of baskets with {item} hold it, {times:.1f} times as often as chance"
            for part, times in zip(share, lift, strict=True)
        ]
        names = self.purchases.items[others].tolist()
        return pd.DataFrame(zip(names, lift, reasons, strict=True), columns=COLUMNS)

    def who_for(
        self, product: str | dict[str, Any], *, count: int = 10, to_send: bool = True
    ) -> pd.DataFrame:
        """Return WHOM of customers to whom to offer a product that they have not bought, best first.

        product: a name, or `category, price, description` of one that is not in the shop yet. score: how like
        what the customer bought it is, by category, price and words. to_send: leave out who gave no consent.
        Raises UsageError for an unknown product, NotApplicable for one that may not be offered.
        """
        _counted(count)
        told = self._described(product)
        name = product if isinstance(product, str) else None
        if name in self.barred:
            raise NotApplicable(f"'{name}' is {self.barred[name]}: nobody is offered it")
        vector = self._content.vectors(told)
        scores = likeness(self._profiles, vector)[:, 0]
        barred = np.zeros(len(scores), dtype=bool)
        if name in self._reasons.item_numbers:
            barred |= self.purchases.counts[:, [self._reasons.item_numbers[name]]].toarray()[:, 0] > 0
        if name in self.limited:
            barred |= ~np.isin(self.purchases.customers, list(self.adults))
        if to_send and self.refusing:
            barred |= np.isin(self.purchases.customers, list(self.refusing))
        scores = np.where(barred | (scores <= 0), -np.inf, scores)
        chosen = top(scores[None, :], self.purchases.baskets.astype(float), count)[0]
        chosen = chosen[chosen >= 0]
        if not len(chosen):
            raise NotApplicable("nobody who may be offered it bought anything like it")
        row = told.iloc[0].to_dict()
        reasons = [self._of_content(customer, row, vector) for customer in chosen]
        names = self.purchases.customers[chosen].tolist()
        return pd.DataFrame(zip(names, scores[chosen], reasons, strict=True), columns=WHOM)

    # --- what it is answered from -----------------------------------------------------------------
    @cached_property
    def _reasons(self) -> OfferReasons:
        """What reasons are taken from; no reason names what is sensitive."""
        hidden = [item for item, why in self.barred.items() if why == SENSITIVE]
        return OfferReasons(self.purchases, self.now, hidden=hidden)

    @cached_property
    def _barred(self) -> np.ndarray:
        """Which items may be offered to nobody, (m,)."""
        return np.isin(self.purchases.items, list(self.barred))

    @cached_property
    def _limited(self) -> np.ndarray:
        """Which items are for adults, (m,)."""
        return np.isin(self.purchases.items, list(self.limited))

    @cached_property
    def _popularity(self) -> np.ndarray:
        """Baskets that hold each item, (m,)."""
        return self.purchases.popularity

    @cached_property
    def _content(self) -> Content:
        """What products are like."""
        return Content().fit(self._sold)

    @cached_property
    def _sold(self) -> pd.DataFrame:
        """The bought products, in the order of their numbers."""
        return self.products.set_index("item").reindex(self.purchases.items).reset_index()

    @cached_property
    def _vectors(self) -> Any:
        """The bought products by content, (m, d)."""
        return self._content.vectors(self._sold)

    @cached_property
    def _profiles(self) -> Any:
        """Every customer by content, (n, d)."""
        return profiles(self.purchases.counts, self._vectors)

    def _barred_for(self, customer: str | None) -> np.ndarray:
        """Return which items are not offered to a customer, (m,)."""
        return self._barred if customer in self.adults else self._barred | self._limited

    def _first(self, scores: np.ndarray, count: int) -> np.ndarray:
        """Return the numbers of the best items, ties by popularity."""
        chosen = top(scores[None, :], self._popularity, count)[0]
        return chosen[chosen >= 0]

    def _known_customer(self, customer: str) -> None:
        """Raise UsageError for an unknown customer; nobody's id is told who was not nearly asked for."""
        if customer in self._reasons.customer_numbers:
            return
        near = get_close_matches(customer, sorted(self._reasons.customer_numbers)[:100_000], n=3, cutoff=0.5)
        meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"no customer '{customer}' with purchases in '{self.shop}'.{meant}")

    def _number(self, item: str) -> int:
        """Return the number of a bought item. Raises UsageError for another."""
        if item in self._reasons.item_numbers:
            return self._reasons.item_numbers[item]
        near = get_close_matches(item, [*self._reasons.item_numbers][:100_000], n=3, cutoff=0.5)
        meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"nobody bought '{item}'.{meant}")

    def _described(self, product: str | dict[str, Any]) -> pd.DataFrame:
        """Return a product as one row of category, price and description."""
        if isinstance(product, str):
            told = self.products[self.products["item"] == product]
            if not len(told):
                near = get_close_matches(product, self.products["item"].tolist()[:100_000], n=3, cutoff=0.5)
                meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
                raise UsageError(f"the shop has no product '{product}'.{meant}")
            return told[["category", "price", "description"]].reset_index(drop=True)
        unknown = sorted({*product} - {"category", "price", "description"})
        if unknown or not product:
            raise UsageError(f"a new product has category, price and description, not {unknown or 'nothing'}")
        row = {name: [product.get(name)] for name in ("category", "price", "description")}
        return pd.DataFrame(row).astype({"price": "float64"})

    def _of_basket(self, basket: np.ndarray, item: int) -> str:
        """Say which item of a basket brings another, else how popular it is."""
        hidden = self._reasons.hidden
        best = self.together.best_of(basket[~hidden[basket]], item)
        if best is None:
            return f"bought by {self._reasons.share(item):.1%} of all customers"
        name = self.purchases.items[best[0]]
        return f"baskets with {name} hold it {best[1]:.1f} times as often as chance"

    def _of_content(self, customer: int, told: dict[str, Any], vector: Any) -> str:
        """Say which of a customer's purchases a product is most like, and in what."""
        counts = self.purchases.counts
        mine = np.sort(counts.indices[counts.indptr[customer] : counts.indptr[customer + 1]])
        mine = mine[~self._reasons.hidden[mine]]
        if not len(mine):
            return "bought products that are like it"
        alike = (self._vectors[mine] @ vector.T).toarray()[:, 0]
        best = int(mine[int(np.argmax(alike))])
        other, shared = {name: self._sold[name].iat[best] for name in ("category", "description")}, []
        steps = set(path_steps(other["category"])) & set(path_steps(told["category"]))
        if steps:
            shared.append(f"both in {max(steps, key=len)}")
        words = self._content.words_in(told["description"]) & self._content.words_in(other["description"])
        if words:
            shared.append(f"in common: {', '.join(sorted(words)[:4])}")
        return f"bought {self.purchases.items[best]}" + (f" ({'; '.join(shared)})" if shared else "")


def _by_rows(model: Any) -> None:
    """Lay a model's matrices out by rows: by columns, one customer's product would copy the whole of them."""
    for name, value in list(vars(model).items()):
        if isinstance(value, np.ndarray) and value.ndim == 2:
            setattr(model, name, np.ascontiguousarray(value))
        elif type(value).__module__.startswith("crmlab.methods."):
            _by_rows(value)


def _counted(count: int) -> None:
    """Raise UsageError for a list that is too short or too long."""
    if not 1 <= count <= LONGEST:
        raise UsageError(f"count = {count} must be from 1 to {LONGEST}")
