"""The service that is measured, on the original framework, with the command line that its services have."""

from conformity import fields
from pysoa.server import standalone
from pysoa.server.action.base import Action
from pysoa.server.server import Server

ECHO = fields.Dictionary({
    'number': fields.Integer(gte=0, description='Any number'),
    'text': fields.UnicodeString(description='Any text'),
})


class Echo(Action):
    request_schema = ECHO
    response_schema = ECHO

    def run(self, request):
        return request.body


class Big(Action):
    request_schema = fields.Dictionary({'size': fields.Integer(gte=0, lte=16000000, description='In bytes')})
    response_schema = fields.Dictionary({'blob': fields.UnicodeString(description='As many letters as were wanted')})

    def run(self, request):
        return {'blob': 'a' * request.body['size']}


class CompareServer(Server):
    service_name = 'compare'
    action_class_map = {'echo': Echo, 'big': Big}


if __name__ == '__main__':
    standalone.simple_main(lambda: CompareServer)
