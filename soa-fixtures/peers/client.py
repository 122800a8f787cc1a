"""A client of the original framework that lives as long as its standard input.

Reads one command a line, `{"call": "call_action", "args": {…}}`, calls the client's method of that
name with these keyword arguments and writes one line: `{"result": …}`, or what it raised.
"""

import json
import sys
import traceback

import attr
from pysoa.client.client import Client

import connection
import tagged


def plain(result):
    """Responses as maps, errors as maps that name their class, everything else as it is."""
    if isinstance(result, Exception):
        return raised(result)
    if attr.has(type(result)):
        return attr.asdict(result)
    if isinstance(result, (list, tuple)) or hasattr(result, '__next__'):
        return [plain(item) for item in result]
    return result


def raised(error):
    return {
        'raises': type(error).__name__,
        'message': str(error),
        'errors': plain(getattr(error, 'errors', [])),
        'actions': plain(getattr(error, 'actions', [])),
    }


def answer(client, line):
    command = json.loads(line)
    method = getattr(client, command['call'])
    arguments = tagged.decode(command.get('args', {}))
    try:
        return {'result': plain(method(**arguments))}
    except Exception as error:
        traceback.print_exc()
        return raised(error)


def main():
    arguments = connection.parser(__doc__)
    arguments.add_argument('--service', action='append', default=[], metavar='NAME')
    arguments.add_argument(
        '--context', type=connection.option, action='append', default=[], metavar='KEY=JSON',
        help='part of the context of every request',
    )
    arguments = arguments.parse_args()
    settings = connection.client_settings(arguments.redis, arguments.transport)
    client = Client(
        {service: settings for service in arguments.service},
        context=tagged.decode(dict(arguments.context)) or None,
    )
    print('ready', flush=True)
    for line in sys.stdin:
        print(json.dumps(tagged.encode(answer(client, line))), flush=True)


if __name__ == '__main__':
    main()
