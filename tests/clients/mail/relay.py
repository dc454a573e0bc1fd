"""A mail relay (aiosmtpd): tells on standard output, as JSON lines, its port and each mail that it takes or refuses.

It ends when its standard input does.
"""

import argparse
import asyncio
import email
import email.policy
import json
import os
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("--answers", default="", help="status codes of the first mails, such as 451,550; then 250")
parser.add_argument("--hold", type=float, default=0, help="seconds until a mail is answered")
parser.add_argument("--password", default="", help="ask for the user relay with this password")
arguments = parser.parse_args()
answers = [int(code) for code in arguments.answers.split(",") if code]


def tell(**fact):
    print(json.dumps(fact), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        headers = {name: str(value) for name, value in message.items()}
        mail = dict(sender=envelope.mail_from, to=envelope.rcpt_tos, headers=headers, text=text, html=html)
        tell(arrived=mail)
        await asyncio.sleep(arguments.hold)
        code = answers.pop(0) if answers else 250
        tell(answered=code, mail=mail)
        return f"{code} " + ("taken" if code < 300 else "not taken")


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"relay", arguments.password.encode())
    tell(authenticated=right)
    return AuthResult(success=right)


async def main():
    options = {}
    if arguments.password:
        options = dict(authenticator=authenticate, auth_required=True, auth_require_tls=False)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="relay", **options), "127.0.0.1", 0)
    tell(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main())
