"""Settings of the service, as its command line takes them: a module."""

import os

import compare_redis

SOA_SERVER_SETTINGS = {
    'transport': {
        'path': 'pysoa.common.transport.redis_gateway.server:RedisServerTransport',
        'kwargs': dict(
            compare_redis.backend(os.environ['COMPARE_REDIS']),
            # Only answers larger than this are cut, so it changes nothing for small ones.
            maximum_message_size_in_bytes=4000000,
            chunk_messages_larger_than_bytes=102400,
        ),
    },
}
