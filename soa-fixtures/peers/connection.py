"""What the service and the client have in common: where Redis is, and options given as JSON."""

import argparse
import json


def parser(description):
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument(
        '--redis', type=int, action='append', required=True, metavar='PORT',
        help='port of a Redis master on 127.0.0.1; repeat for a ring of masters, in order',
    )
    arguments.add_argument(
        '--transport', type=option, action='append', default=[], metavar='KEY=JSON',
        help='argument of the Redis transport',
    )
    return arguments


def option(text):
    key, _, value = text.partition('=')
    return key, json.loads(value)


def backend(ports):
    return {
        'backend_type': 'redis.standard',
        'backend_layer_kwargs': {'hosts': [('127.0.0.1', port) for port in ports]},
    }


def client_settings(ports, transport=()):
    return {
        'transport': {
            'path': 'pysoa.common.transport.redis_gateway.client:RedisClientTransport',
            'kwargs': dict(backend(ports), **dict(transport)),
        },
    }
