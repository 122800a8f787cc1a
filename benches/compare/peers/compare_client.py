"""A client of the original framework: so many requests are on their way at one time.

Prints `begin` when the measured time begins, and at its end one line of JSON, as the clients in Rust do.
"""

import argparse
import json
import time

from pysoa.client.client import Client

import compare_redis

SERVICE = 'compare'
PARALLEL = 1000
# An echo of size 0: the map, two keys, a small number and the header of a text.
AROUND = 16


class Window(object):
    """What finished within the measured time."""

    def __init__(self, warmup, length):
        now = time.perf_counter()
        self.begin, self.end = now + warmup, now + warmup + length
        self.is_open = False
        self.times = []
        self.cpu = self.began = 0.0

    def is_over(self):
        now = time.perf_counter()
        if not self.is_open and now >= self.begin:
            print('begin', flush=True)
            self.is_open, self.cpu, self.began = True, time.process_time(), now
        return now >= self.end

    def add(self, sent):
        if self.is_open:
            self.times.append(time.perf_counter() - sent)

    def outcome(self):
        seconds, cpu = time.perf_counter() - self.began, time.process_time() - self.cpu
        times = sorted(self.times) or [0.0]
        return {
            'requests': len(self.times), 'errors': 0, 'error': None, 'seconds': seconds, 'cpu': cpu,
            'p50': 1e6 * times[len(times) // 2], 'p99': 1e6 * times[min(len(times) - 1, len(times) * 99 // 100)],
        }


def check(body, sent):
    if body != sent and len(body.get('blob', '')) != sent.get('size'):
        raise ValueError('something else came back')


def one_by_one(client, window, action, body):
    """What a program does that has one call to make: the method for it."""
    while not window.is_over():
        sent = time.perf_counter()
        check(client.call_action(SERVICE, action, body=body).body, body)
        window.add(sent)


def pipelined(client, window, action, body, inflight):
    """The most that one client does: the next request leaves when an answer comes."""
    actions = [{'action': action, 'body': body}]
    sent = {}

    def send():
        now = time.perf_counter()
        sent[client.send_request(SERVICE, actions)] = now

    for _ in range(inflight):
        send()
    for request_id, response in client.get_all_responses(SERVICE):
        check(response.actions[0].body, body)
        window.add(sent.pop(request_id))
        if window.is_over():
            return
        send()


def parallel(client, window, action, body):
    actions = [{'action': action, 'body': body}] * PARALLEL
    # One may take longer than the window.
    while not window.is_over() or not window.times:
        sent = time.perf_counter()
        for answer in client.call_actions_parallel(SERVICE, actions):
            check(answer.body, body)
        window.add(sent)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('address')
    arguments.add_argument('--inflight', type=int, default=1)
    arguments.add_argument('--bytes', type=int, default=100)
    arguments.add_argument('--warmup', type=float, default=0.5)
    arguments.add_argument('--window', type=float, default=2.0)
    arguments.add_argument('--work', choices=('echo', 'big', 'parallel'), default='echo')
    arguments = arguments.parse_args()
    client = Client({SERVICE: {'transport': {
        'path': 'pysoa.common.transport.redis_gateway.client:RedisClientTransport',
        'kwargs': compare_redis.backend(arguments.address),
    }}})
    action, body = 'echo', {'number': 7, 'text': 'x' * (arguments.bytes - AROUND)}
    if arguments.work == 'big':
        action, body = 'big', {'size': arguments.bytes}
    # The server may still be on its way.
    check(client.call_action(SERVICE, action, body=body).body, body)
    window = Window(arguments.warmup, arguments.window)
    if arguments.work == 'parallel':
        parallel(client, window, action, body)
    elif arguments.inflight == 1:
        one_by_one(client, window, action, body)
    else:
        pipelined(client, window, action, body, arguments.inflight)
    print(json.dumps(window.outcome()), flush=True)


if __name__ == '__main__':
    main()
