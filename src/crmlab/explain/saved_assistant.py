"""A shopping assistant as a file: in plain parts, checked before they are loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import DataError, NotApplicable, UsageError
from crmlab.explain.shop_assistant import ShopAssistant
from crmlab.maths.next_basket.completion import Together
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.serving import model_file
from crmlab.store import replacing_folder, show

MODEL: Final = "assistant.skops"
FACTS: Final = "facts.json"
ARRAYS: Final = ("customers", "items", "customer", "item", "age", "basket", "at", "baskets")
TEXTS: Final = ("item", "category", "description")
ASKED: Final = {"customer": "recommend", "basket": "complete", "goes_with": "goes_with", "who_for": "who_for"}
"""What a row of a request may ask, by the column that is filled."""

SEPARATOR: Final = "|"
"""What stands between the products of a basket in a request."""


def save(assistant: ShopAssistant, folder: Path) -> Path:
    """Write an assistant as a folder of a model file and its facts; return the folder.

    The facts hold the SHA-256 of the file. It names customers: keep it where the purchases are kept.
    """
    with replacing_folder(folder) as part:
        digest = model_file.dump(parts_of(assistant), part / MODEL)
        facts = {"kind": "shop_assistant", "label": assistant.label, "sha256": digest}
        (part / FACTS).write_text(json.dumps(facts), encoding="utf-8")
    return folder


def load(folder: Path) -> ShopAssistant:
    """Return an assistant from its folder.

    Raises UsageError where there is none, DataError for a file that was changed or holds a foreign type.
    """
    if not ((folder / MODEL).is_file() and (folder / FACTS).is_file()):
        raise UsageError(f"{show(folder)} is not a saved assistant: `crmlab recommend SHOP --save FOLDER`")
    try:
        parts, _ = model_file.load(folder / MODEL, folder / FACTS)
    except (json.JSONDecodeError, KeyError) as error:
        raise DataError(f"{show(folder / FACTS)} was changed ({error}): save the assistant again") from None
    return of_parts(parts)


def parts_of(assistant: ShopAssistant) -> dict[str, Any]:
    """Return an assistant as a dict of arrays, texts and the fitted recommender."""
    purchases, products = assistant.purchases, assistant.products
    arrays = {name: getattr(purchases, name) for name in ARRAYS}
    arrays["at"] = arrays["at"].astype("datetime64[us]").astype(np.int64)
    texts = {name: products[name].fillna("").to_numpy(dtype=np.str_) for name in TEXTS}
    return {
        "shop": assistant.shop,
        "label": assistant.label,
        "model": assistant.model,
        "purchases": arrays,
        "confidence": assistant.together.confidence,
        "lift": assistant.together.lift,
        "products": texts | {"price": products["price"].to_numpy(dtype=np.float64)},
        "now": assistant.now.isoformat(),
        "barred": dict(assistant.barred),
        "limited": sorted(assistant.limited),
        "adults": sorted(assistant.adults),
        "refusing": None if assistant.refusing is None else sorted(assistant.refusing),
    }


def of_parts(parts: dict[str, Any]) -> ShopAssistant:
    """Return the assistant of such a dict."""
    arrays = dict(parts["purchases"])
    arrays["at"] = arrays["at"].astype("datetime64[us]")
    products = pd.DataFrame(parts["products"])
    for name in TEXTS:
        products[name] = products[name].astype("str").where(products[name] != "", None)
    refusing = parts["refusing"]
    return ShopAssistant(
        shop=parts["shop"],
        label=parts["label"],
        model=parts["model"],
        purchases=Purchases(**arrays),
        together=Together(parts["confidence"], parts["lift"]),
        products=products,
        now=pd.Timestamp(parts["now"]),
        barred=parts["barred"],
        limited=frozenset(parts["limited"]),
        adults=frozenset(parts["adults"]),
        refusing=None if refusing is None else frozenset(refusing),
    )


def answered(assistant: ShopAssistant, asked: pd.DataFrame) -> pd.DataFrame:
    """Return `row, rank, offered, score, reason` for every row of a request, long.

    asked: one of the columns of ASKED is filled in each row (a basket's products stand between '|'); `count`
    is how many are wanted (10). Where there is nothing to offer the one row has the rank 0 and the reason.
    Raises UsageError for a row that asks nothing, or two things at once.
    """
    lists = [_of_row(assistant, number, row) for number, row in enumerate(asked.to_dict("records"))]
    columns = ["row", "rank", "offered", "score", "reason"]
    return pd.concat(lists, ignore_index=True)[columns] if lists else pd.DataFrame(columns=columns)


def _of_row(assistant: ShopAssistant, number: int, row: dict[str, Any]) -> pd.DataFrame:
    """Return the list that one row asks for."""
    filled = [name for name in ASKED if isinstance(row.get(name), str) and row[name]]
    # a customer may stand beside a basket or a product: what has an age limit depends on who asks
    what = [name for name in filled if name != "customer"] or filled
    if len(what) != 1:
        raise UsageError(
            f"row {number}: fill one of {', '.join(ASKED)}, not {' and '.join(what) or 'none of them'}"
        )
    count, (name,) = row.get("count"), what
    given: dict[str, Any] = {"count": 10 if count is None or pd.isna(count) else int(count)}
    if name in ("basket", "goes_with"):
        given["customer"] = row.get("customer") if "customer" in filled else None
    subject = row[name].split(SEPARATOR) if name == "basket" else row[name]
    try:
        found = getattr(assistant, ASKED[name])(subject, **given)
    except NotApplicable as reason:
        none = {"row": number, "rank": 0, "offered": "", "score": float("nan"), "reason": str(reason)}
        return pd.DataFrame([none])
    found.columns = ["offered", "score", "reason"]
    return found.assign(row=number, rank=range(1, len(found) + 1))
