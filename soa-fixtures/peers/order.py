"""An action whose schemas are those that the same action in Rust gets from its types."""

from conformity import fields
from conformity.fields import country, currency
from pysoa.server.action.base import Action

PLACE = {
    'north': fields.Latitude(),
    'east': fields.Longitude(),
    'country': country.CountryCodeField(),
}

LINE = {
    'article': fields.UnicodeString(),
    'pieces': fields.Integer(gte=1, lte=99),
    'place': fields.Nullable(
        fields.Dictionary(PLACE, description='Where this line goes, if not with the others'),
    ),
}

PAYMENTS = {
    'card': fields.Dictionary(
        {
            'kind': fields.Constant('card'),
            'holder': fields.UnicodeString(),
            'last_digits': fields.UnicodeString(min_length=4, max_length=4),
        },
        description='By card',
    ),
    'invoice': fields.Dictionary({'kind': fields.Constant('invoice'), 'days': fields.Integer(gte=0, lte=60)}),
    'cash_in_hand': fields.Dictionary({'kind': fields.Constant('cash_in_hand')}),
}

ORDER = {
    'customer': fields.UnicodeString(
        min_length=2, max_length=40, allow_blank=False, description='Who orders, by a name of some letters',
    ),
    'email': fields.Nullable(fields.EmailAddress(description='Where to write to')),
    'lines': fields.List(
        fields.Dictionary(LINE, optional_keys=('place',), description='So many of one article'),
        min_length=1,
        max_length=3,
        description='What is ordered, the most urgent first',
    ),
    'payment': fields.Polymorph('kind', PAYMENTS, description='How it is paid'),
    'delivery': fields.Any(
        fields.Constant('pickup'),
        fields.Dictionary({'courier': fields.Dictionary({'express': fields.Boolean()})}),
        fields.Dictionary({'boxes': fields.List(fields.Integer(gte=0, lte=65535))}),
    ),
    'priority': fields.Constant('low', 'normal', 'high', description='How much it matters'),
    'tags': fields.List(fields.Integer(gte=0, lte=255), max_length=4, description='Each once, in any order'),
    'shelves': fields.SchemalessDictionary(
        key_type=fields.Integer(gte=0),
        value_type=fields.UnicodeString(),
        description='Which article lies on which shelf',
    ),
    'stock': fields.SchemalessDictionary(
        key_type=fields.UnicodeString(),
        value_type=fields.Integer(gte=-32768, lte=32767),
        description='How much is left by article',
    ),
    'reference': fields.Any(
        fields.Integer(gte=0), fields.UnicodeString(), description='A number or a text, as the customer likes',
    ),
    'discount': fields.Nullable(fields.Float(gte=0.0, lte=0.5)),
    'wanted': fields.Nullable(fields.Date(description='The day on which it is wanted')),
    'placed': fields.DateTime(),
    'total': currency.Amount(),
    'weight': fields.Decimal(gte=0),
    'fax': fields.Deprecated(fields.Nullable(fields.Boolean(description='Of no use any more'))),
}

OPTIONS = ('email', 'discount', 'wanted', 'fax')
DEFAULTS = {'priority': 'normal', 'tags': [], 'shelves': {}, 'stock': {}}


def without_nulls(value):
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


class Order(Action):
    description = 'Takes an order\nand tells what became of it.\n\nNothing is delivered.'
    request_schema = fields.Dictionary(ORDER, optional_keys=OPTIONS + tuple(DEFAULTS))
    response_schema = fields.Dictionary(
        {
            'order': fields.Dictionary(
                ORDER,
                optional_keys=OPTIONS,
                description='Takes an order and tells what became of it.\n\nNothing is delivered.',
            ),
            'pieces': fields.Integer(gte=0, description='How many pieces were ordered in all'),
        },
        description='An order that was taken.',
    )

    def run(self, request):
        order = without_nulls(dict(DEFAULTS, **request.body))
        order['tags'] = sorted(set(order['tags']))
        return {'order': order, 'pieces': sum(line['pieces'] for line in order['lines'])}
