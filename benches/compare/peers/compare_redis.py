"""Where Redis is, from `redis://host:port`, or several with a comma between them."""

from urllib.parse import urlsplit


def backend(urls):
    parts = [urlsplit(url) for url in urls.split(',')]
    return {
        'backend_type': 'redis.standard',
        'backend_layer_kwargs': {'hosts': [(part.hostname, part.port) for part in parts]},
    }
