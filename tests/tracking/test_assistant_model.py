"""The assistant in MLflow: registered, loaded again, and answered by the scoring protocol."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from crmlab import registry, tracking
from crmlab.explain.shop_assistant import ShopAssistant
from crmlab.maths.next_basket.completion import together
from crmlab.maths.next_basket.purchases import purchases_of
from crmlab.tracking import assistant_model, server

# what mlflow and its libraries say of themselves, which we cannot mend
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def assistant() -> ShopAssistant:
    """Return the assistant of a shop in which tea goes with milk."""
    rows = [
        (f"k{n}", pd.Timestamp("2024-01-01"), f"o{n}", item)
        for n in range(20)
        for item in (["tea", "milk"] if n < 10 else ["nails"])
    ]
    frame = pd.DataFrame(rows, columns=["customer", "at", "basket", "item"])
    purchases = purchases_of(frame.astype({"customer": "str", "basket": "str", "item": "str"}))
    products = pd.DataFrame({"item": ["milk", "nails", "tea"], "category": ["food", "tools", "food"]})
    return ShopAssistant(
        shop="small",
        label="Popularity",
        model=registry.find("methods", "recommendation/popularity")().fit(purchases),
        purchases=purchases,
        together=together(purchases),
        products=products.assign(price=1.0, description=None),
        now=pd.Timestamp("2024-02-01"),
    )


def test_a_registered_assistant_answers_rows_and_invocations(assistant, project):
    tracking.initialise()
    address = assistant_model.register(assistant, "small")
    assert address == "cross_sell.small.assistant@champion"
    mlflow = server.connect()
    model = mlflow.pyfunc.load_model(f"models:/{address}")
    found = model.predict(pd.DataFrame({"customer": ["k1"], "count": [2]}))
    assert found["offered"].tolist() == ["milk", "nails"]
    assert found["reason"].iloc[0].startswith("bought on one day")
    # as MLflow serves it: POST /invocations
    from fastapi.testclient import TestClient
    from mlflow.pyfunc import scoring_server

    client = TestClient(scoring_server.init(model))
    asked = {"dataframe_split": {"columns": ["goes_with"], "data": [["tea"]]}}
    answer = client.post(
        "/invocations", content=json.dumps(asked), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["predictions"]
    assert (row["offered"], row["rank"]) == ("milk", 1)
    assert row["reason"] == "100.0% of baskets with tea hold it, 4.5 times as often as chance"
