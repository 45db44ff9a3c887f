"""The usual headers of shops in German, French and Spanish are recognised."""

import pytest

from crmlab.data.formats.usual_headers import ORDERS, SAYS_MORE, plain
from crmlab.data.formats.usual_headers import TABLES as TRANSLATED
from crmlab.data.own_columns import FIELDS, recognise
from crmlab.data.own_tables.columns import recognised
from crmlab.data.own_tables.fields import TABLES

OF = (
    *("customer", "order_id", "timestamp", "product", "quantity", "unit_price", "amount", "currency"),
    *("country", "description"),
)
SHOPS = {
    "German": "Kundennummer|Bestellnummer|Bestelldatum|Artikelnummer|Menge|Einzelpreis|Betrag|Währung|Land|"
    "Bezeichnung|Kunde|Artikel",
    "French": "Numéro client|N° commande|Date de commande|Référence|Quantité|Prix unitaire|Montant|Devise|"
    "Pays|Désignation|Client|Produit",
    "Spanish": "Número de cliente|Pedido|Fecha|Referencia|Cantidad|Precio unitario|Importe|Moneda|País|"
    "Descripción|Cliente|Producto",
}
"""The headers of the fields in their order, then names that say less than the numbers beside them."""


@pytest.mark.parametrize("language", SHOPS)
def test_orders(language):
    headers = SHOPS[language].split("|")
    assert recognise(headers, {}, "orders.csv") == dict(zip(OF, headers, strict=False))


@pytest.mark.parametrize(
    ("table", "names", "fields"),
    [
        ("customers", ["Kundennummer", "Bundesland", "Geburtsdatum"], ["customer", "region", "birthday"]),
        ("customers", ["Code client", "Pays", "Date de naissance"], ["customer", "region", "birthday"]),
        ("customers", ["Cliente", "Provincia", "Fecha de nacimiento"], ["customer", "region", "birthday"]),
        ("products", ["Artikelnr.", "Warengruppe", "Einkaufspreis"], ["product", "category", "unit_cost"]),
        (
            "products",
            ["R\u00e9f\u00e9rence", "Cat\u00e9gorie", "Prix d'achat"],
            ["product", "category", "unit_cost"],
        ),
        ("products", ["Referencia", "Categor\u00eda", "Coste"], ["product", "category", "unit_cost"]),
    ],
)
def test_customers_and_products(table, names, fields):
    assert recognised(table, names, {}, "file.csv") == dict(zip(fields, names, strict=True))


def test_case_accents_and_punctuation_do_not_count():
    assert plain("W\u00c4HRUNG") == plain("wa\u0308hrung") == "wahrung"
    assert plain("N\u00b0 commande") == plain("n_commande") == "ncommande"


def test_every_word_is_of_a_field_and_no_word_is_of_two():
    assert ORDERS.keys() | SAYS_MORE.keys() <= FIELDS.keys()
    assert all(set(fields) <= set(TABLES[table]) for table, fields in TRANSLATED.items())
    fields = [{plain(w) for w in (field, *FIELDS[field], *ORDERS.get(field, ()))} for field in FIELDS]
    assert len(set().union(*fields)) == sum(map(len, fields))
