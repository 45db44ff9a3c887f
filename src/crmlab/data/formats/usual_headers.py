"""How shops call their columns in German, French and Spanish, beside the English names of each table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

_CUSTOMER: Final = (
    *("kunde", "kundennummer", "kundennr", "kunden-nr", "kunden id", "kundenkennung", "käufer"),
    *("numéro client", "n° client", "no client", "code client", "identifiant client", "acheteur"),
    *("cliente", "número de cliente", "numero cliente", "id cliente", "código de cliente", "comprador"),
)
_PRODUCT: Final = (
    *("artikel", "artikelnummer", "artikelnr", "artikel-nr", "artikel id", "produkt", "produktnummer"),
    *("produit", "référence", "référence produit", "code produit", "code article"),
    *("producto", "artículo", "referencia", "código de producto", "id producto"),
)
_CALLED: Final = (
    *("bezeichnung", "artikelbezeichnung", "artikelname", "produktname", "beschreibung"),
    *("désignation", "libellé", "nom du produit", "descripción", "nombre del producto"),
)
_COUNTRY: Final = ("land", "lieferland", "pays", "país")
_PRICE: Final = (
    *("einzelpreis", "stückpreis", "preis", "preis pro stück", "prix unitaire", "prix"),
    *("precio unitario", "precio"),
)
_CONSENT: Final = ("einwilligung", "werbeeinwilligung", "consentement", "consentimiento")
_BORN: Final = ("geburtsdatum", "geburtstag", "date de naissance", "fecha de nacimiento")
_COST: Final = ("einkaufspreis", "stückkosten", "prix d'achat", "coût unitaire", "precio de compra", "coste")
_CATEGORY: Final = ("kategorie", "warengruppe", "produktgruppe", "catégorie", "categoría", "familia")

ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": _CUSTOMER,
    "timestamp": (
        *("datum", "bestelldatum", "auftragsdatum", "rechnungsdatum", "kaufdatum", "belegdatum"),
        *("date de commande", "date commande", "date d'achat", "date de facture"),
        *("fecha", "fecha de pedido", "fecha pedido", "fecha de compra", "fecha de factura"),
    ),
    "amount": (
        *("betrag", "gesamt", "gesamtpreis", "gesamtbetrag", "umsatz", "positionsbetrag", "zeilensumme"),
        *("montant", "montant total", "total ligne", "prix total", "importe", "importe total", "monto"),
    ),
    "quantity": ("menge", "anzahl", "stück", "stückzahl", "quantité", "qté", "cantidad", "unidades"),
    "unit_price": _PRICE,
    "order_id": (
        *("bestellung", "bestellnummer", "bestellnr", "bestell-nr", "auftrag", "auftragsnummer"),
        *("rechnungsnummer", "rechnungsnr", "belegnummer"),
        *("commande", "numéro de commande", "n° commande", "numéro de facture", "n° facture"),
        *("pedido", "número de pedido", "id pedido", "número de factura", "factura"),
    ),
    "product": _PRODUCT,
    "description": _CALLED,
    "country": _COUNTRY,
    "channel": ("kanal", "vertriebskanal", "canal", "canal de vente", "canal de venta"),
    "order_total": ("bestellsumme", "bestellwert", "auftragswert", "total commande", "total pedido"),
    "line_number": ("positionsnummer", "pos", "zeile", "ligne", "línea"),
    "discount": ("rabattbetrag", "remise", "descuento"),
    "refund": ("erstattung", "erstattungsbetrag", "remboursement", "reembolso"),
    "currency": ("währung", "devise", "divisa", "moneda"),
    "status": ("bestellstatus", "auftragsstatus", "statut", "estado", "estado del pedido"),
}
"""{field of an order line: other names}"""

TABLES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "customers": {
        "customer": _CUSTOMER,
        "region": ("region", "bundesland", *_COUNTRY, "région", "región", "provincia"),
        "birthday": _BORN,
        "consent": _CONSENT,
        "source": ("quelle", "herkunft", "origine", "origen"),
        "channel": ("kanal", "canal"),
    },
    "products": {
        "product": _PRODUCT,
        "category": _CATEGORY,
        "description": _CALLED,
        "unit_cost": _COST,
        "unit_price": ("verkaufspreis", *_PRICE, "prix de vente", "precio de venta"),
    },
}
"""{table: {column: other names}} of the tables that shops bring first."""

SAYS_MORE: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("kundennummer", "kundennr", "kunden-nr", "numéro client", "número de cliente", "id cliente"),
    "product": ("artikelnummer", "artikelnr", "artikel-nr", "référence", "code produit", "referencia"),
    "order_id": ("bestellnummer", "bestellnr", "auftragsnummer", "numéro de commande", "número de pedido"),
    "timestamp": ("bestelldatum", "auftragsdatum", "date de commande", "fecha de pedido"),
}
"""Names that say a field better than others that are there, too: a number rather than a name."""


def plain(word: str) -> str:
    """Return a column name without case, accents, blanks and punctuation."""
    bare = unicodedata.normalize("NFKD", word.replace("°", "").casefold())
    return re.sub(r"[^a-z0-9]", "", bare)
