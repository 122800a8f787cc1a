"""The conformance service on the original framework. Prints `ready` once it is set up."""

import logging
import os
import signal
import sys
import threading
import time

from conformity import fields
from pysoa.common.errors import Error
from pysoa.common.logging import PySOALogContextFilter
from pysoa.server.action.base import Action
from pysoa.server.action.status import BaseStatusAction, StatusActionFactory
from pysoa.server.action.switched import SwitchedAction
from pysoa.server.errors import ActionError, JobError
from pysoa.server.server import Server
from pysoa.server.settings import ServerSettings

import catalogue
import connection
import order

SECONDS = fields.Dictionary({'seconds': fields.Float(description='How long, in seconds')})
PID = fields.Dictionary(
    {'pid': fields.Integer(gte=0, description='The process id')}, description='Which process answered.',
)


class Square(Action):
    description = 'Squares a number.'
    request_schema = fields.Dictionary(
        {
            'number': fields.Integer(gte=0, description='The number to square'),
            'note': fields.Nullable(fields.UnicodeString()),
        },
        optional_keys=('note',),
    )
    response_schema = fields.Dictionary({'square': fields.Integer(gte=0)})

    def validate(self, request):
        if request.body['number'] == 13:
            raise ActionError([
                Error('UNLUCKY', 'Not thirteen', field='number', variables={'number': '13'}),
            ])

    def run(self, request):
        return {'square': request.body['number'] ** 2}


class BadResponse(Square):
    def run(self, request):
        return {'square': 'not a number'}


class Boom(Action):
    def run(self, request):
        raise ValueError('kaboom')


class Big(Action):
    description = 'Gives a text of the wanted size.'
    request_schema = fields.Dictionary({'size': fields.Integer(gte=0, description='In bytes')})
    response_schema = fields.Dictionary(
        {'blob': fields.UnicodeString(description='As many letters `a` as were wanted')},
    )

    def run(self, request):
        return {'blob': 'a' * request.body['size']}


class Denied(Action):
    def run(self, request):
        raise ActionError([Error('NOT_AUTHORIZED', 'No', denied_permissions=['p.read'])])


class Echo(Action):
    def run(self, request):
        return request.body


class Context(Action):
    def run(self, request):
        return {
            'context': request.context,
            'control': request.control,
            'switches': sorted(request.switches),
        }


class VersionOne(Action):
    description = 'v1'

    def run(self, request):
        return {'version': 1}


class VersionTwo(Action):
    description = 'v2'

    def run(self, request):
        return {'version': 2}


class Versioned(SwitchedAction):
    switch_to_action_map = ((5, VersionTwo), (SwitchedAction.DEFAULT_ACTION, VersionOne))


class Pid(Action):
    response_schema = PID

    def run(self, request):
        return {'pid': os.getpid()}


class Sleep(Pid):
    description = 'Gives the process id after a while.'
    request_schema = SECONDS

    def run(self, request):
        time.sleep(request.body['seconds'])
        return super(Sleep, self).run(request)


class Spin(Pid):
    description = 'Gives the process id after a while.'
    request_schema = SECONDS

    def run(self, request):
        end = time.monotonic() + request.body['seconds']
        while time.monotonic() < end:
            pass
        return super(Spin, self).run(request)


class Crash(Action):
    def run(self, request):
        os.kill(os.getpid(), signal.SIGKILL)


class BadJob(Action):
    def run(self, request):
        raise JobError([Error('JOB_BAD', 'job is bad')])


class GetUsers(Action):
    description = 'Gives users by integer keys: all, or those of the given ids that there are.'
    request_schema = fields.Dictionary(
        {'ids': fields.List(fields.Integer(), description='The ids; all users when absent')}, optional_keys=('ids',),
    )

    def run(self, request):
        known = range(1, 11)
        return {'users': {
            number: {
                '_type': 'user',
                'id': number,
                'name': 'User {}'.format(number),
                'company_id': number % 5 + 1,
            }
            for number in request.body.get('ids', known) if number in known
        }}


class GetCompanies(Action):
    description = 'Gives the companies of the given ids by integer keys, those that there are.'
    request_schema = fields.Dictionary({'ids': fields.List(fields.Integer(), description='The ids in any order')})

    def run(self, request):
        return {'companies': {
            number: {
                '_type': 'company',
                'id': number,
                'name': 'Company {}'.format(number),
                'owner_id': number + 1,
            }
            for number in request.body['ids'] if 1 <= number <= 5
        }}


class Relay(Action):
    description = 'Gives what the `context` action of another service says.'
    request_schema = fields.Dictionary({'service': fields.UnicodeString(description='The service to call')})

    def run(self, request):
        return request.client.call_action(request.body['service'], 'context').body


class Local(Action):
    description = "Gives what the service's own `square` says."
    request_schema = fields.Dictionary({'number': fields.Integer(description='The number to square, of any size')})

    def run(self, request):
        return request.call_local_action('square', {'number': request.body['number']}).body


class Status(BaseStatusAction):
    check_client_settings = BaseStatusAction._check_client_settings

    def check_disk(self, request):
        self.diagnostics['free_bytes'] = 1024
        return [(False, 'DISK_NEARLY_FULL', 'One kilobyte is left'), (True, 'DISK_SLOW', 'It takes a second')]


class ConformanceServer(Server):
    """The conformance service."""

    # In the order in which introspection of the service in Rust shows them.
    action_class_map = {
        'status': StatusActionFactory('1.2.3', 'build-7', Status),
        'bad_response': BadResponse,
        'big': Big,
        'boom': Boom,
        'catalogue': catalogue.Catalogue,
        'context': Context,
        'crash': Crash,
        'denied': Denied,
        'echo': Echo,
        'get_companies': GetCompanies,
        'get_users': GetUsers,
        'job_error': BadJob,
        'local': Local,
        'order': order.Order,
        'pid': Pid,
        'relay': Relay,
        'sleep': Sleep,
        'spin': Spin,
        'square': Square,
        'versioned': Versioned,
    }

    def setup(self):
        super(ConformanceServer, self).setup()
        print('ready', flush=True)


def end_with_parent():
    """Nobody writes to the standard input: it ends when the process that started this one does."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(0)


def main():
    arguments = connection.parser(__doc__)
    arguments.add_argument('name', help='name of the service')
    arguments.add_argument(
        '--setting', type=connection.option, action='append', default=[], metavar='KEY=JSON',
        help='a server setting',
    )
    arguments.add_argument(
        '--route', action='append', default=[], metavar='SERVICE',
        help='a service that `relay` may call, on the same Redis masters',
    )
    arguments = arguments.parse_args()
    threading.Thread(target=end_with_parent, daemon=True).start()
    logging.basicConfig(level=logging.INFO)
    PySOALogContextFilter.set_service_name(arguments.name)
    ConformanceServer.service_name = arguments.name
    settings = {
        'transport': {
            'path': 'pysoa.common.transport.redis_gateway.server:RedisServerTransport',
            'kwargs': dict(connection.backend(arguments.redis), **dict(arguments.transport)),
        },
        'client_routing': {
            service: connection.client_settings(arguments.redis) for service in arguments.route
        },
    }
    settings.update(arguments.setting)
    ConformanceServer(ServerSettings(settings)).run()


if __name__ == '__main__':
    main()
