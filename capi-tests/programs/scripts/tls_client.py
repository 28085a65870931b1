"""A TLS client in Python, one of the programs under test: does one task and tells what it saw as one JSON object.

    tls_client.py SETTINGS      SETTINGS is a JSON object with `task` (a function below) and what the task needs
"""

import asyncio
import hashlib
import http.client
import json
import select
import socket
import ssl
import sys
import threading
import urllib.request

from tls_server import VERSIONS, error_of, seen_of


def context(settings):
    """The client's context from its settings."""
    if settings.get("ca"):
        made = ssl.create_default_context(cafile=settings["ca"])
    else:
        made = ssl._create_unverified_context()
    versions = settings.get("versions", ["1.2", "1.3"])
    made.minimum_version, made.maximum_version = VERSIONS[versions[0]], VERSIONS[versions[-1]]
    if "certificate" in settings:
        made.load_cert_chain(settings["certificate"], settings["key"])
    if "ciphers" in settings:
        made.set_ciphers(settings["ciphers"])
    if "alpn" in settings:
        made.set_alpn_protocols(settings["alpn"])
    if "crl" in settings:
        made.load_verify_locations(settings["crl"])
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return made


def connect(settings, made, session=None):
    plain = socket.create_connection(("127.0.0.1", settings["port"]), timeout=30)
    if "buffer" in settings:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings["buffer"])
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, settings["buffer"])
    suppress = settings.get("suppress", True)
    return made.wrap_socket(plain, server_hostname=settings.get("host", "localhost"), session=session, suppress_ragged_eofs=suppress)


def read_all(tls):
    answer = b""
    while data := tls.recv(65536):
        answer += data
    return answer


def ask(tls):
    """Waits for the greeting, asks and reads the answer: what the server's task `page` expects.

    A server may refuse when the client's handshake has already ended. Reading first, the client always gets to see
    the alert; writing first, it might get to see a reset connection.
    """
    return tls.recv(6).decode() + (tls.sendall(b"GET\n") or read_all(tls).decode())


def page(settings):
    """One request and its answer, or the error."""
    facts = {}
    try:
        with connect(settings, context(settings)) as tls:
            facts = seen_of(tls)
            facts["answer"] = ask(tls)
            tls.unwrap().close()
    except OSError as error:
        facts["error"] = error_of(error)
    return facts


def sessions(settings):
    """Three connections of one context: the second and third with the session of the one before."""
    made, session, facts = context(settings), None, []
    for _ in range(settings.get("times", 3)):
        with connect(settings, made, session) as tls:
            answer = ask(tls)
            session = tls.session
            shape = [len(session.id) > 0, session.has_ticket, session.timeout, session.ticket_lifetime_hint, session.time > 0]
            facts.append({"reused": tls.session_reused, "answer": answer, "session": shape})
            tls.unwrap()  # a server drops the session of a connection that was not closed in order
    return facts


def foreign_session(settings):
    """A session of another context is refused by Python itself, with the library's help."""
    with connect(settings, context(settings)) as tls:
        ask(tls)
        session = tls.session
    try:
        connect(settings, context(settings), session)
    except ValueError as error:
        return str(error)
    return "accepted"


def sending(tls, content, chunk):
    """Sends with a non-blocking socket and reads what comes back at the same time: the checksum of that."""
    tls.setblocking(False)
    digest, sent, got = hashlib.sha256(), 0, 0
    view = memoryview(content)
    while got < len(content):
        want_read, want_write = True, sent < len(content)
        if want_write:
            try:
                sent += tls.send(view[sent : sent + chunk])
                want_read = False
            except ssl.SSLWantWriteError:
                pass
            except ssl.SSLWantReadError:
                want_write = False
        try:
            data = tls.recv(30000)
            digest.update(data)
            got += len(data)
            if not data:
                break
        except ssl.SSLWantReadError:
            if want_read:
                select.select([tls], [tls] if want_write else [], [], 10)
        except ssl.SSLWantWriteError:
            select.select([], [tls], [], 10)
    return digest.hexdigest()


def duplex(settings):
    """The big file to an echoing server and back, both ways at once, non-blocking, through small buffers."""
    with open(settings["file"], "rb") as file:
        content = file.read()
    with connect(settings, context(settings)) as tls:
        return sending(tls, content, settings.get("chunk", 50000))


def upload(settings):
    """The big file with blocking writes; the server answers with its checksum."""
    with connect(settings, context(settings)) as tls, open(settings["file"], "rb") as file:
        tls.sendfile(file)
        tls.sendall(b"END")
        return read_all(tls).decode()


def ragged(settings):
    """A server that goes without a word: an error, or an end if the program asked for that."""
    with connect(settings, context(settings)) as tls:
        tls.sendall(b"GET\n")
        seen = [tls.recv(4096).decode()]
        try:
            seen.append(tls.recv(4096).decode())
        except OSError as error:
            seen.append(error_of(error))
        return seen


def plain_after(settings):
    """TLS ends and the same socket goes on in the clear."""
    tls = connect(settings, context(settings))
    tls.sendall(b"GET\n")
    inside = tls.recv(4096)
    plain = tls.unwrap()
    rest = b""
    while data := plain.recv(4096):
        rest += data
    plain.close()
    return [inside.decode(), rest.decode()]


def timeout(settings):
    """A read that ends because time is up leaves the connection usable."""
    with connect(settings, context(settings)) as tls:
        tls.settimeout(0.2)
        try:
            tls.recv(10)
        except OSError as error:
            told = error_of(error)
        tls.settimeout(10)
        tls.sendall(b"bye\n")
        return [told, read_all(tls).decode()]


def threads(settings):
    """Eight threads share a context, five connections each."""
    made, answers, lock = context(settings), [], threading.Lock()

    def work():
        for _ in range(5):
            with connect(settings, made) as tls:
                answer = ask(tls)
            with lock:
                answers.append(answer)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(answers)


def evented(settings):
    """asyncio: the big file to an echoing server and back, over memory BIOs."""
    with open(settings["file"], "rb") as file:
        content = file.read()

    async def run():
        reader, writer = await asyncio.open_connection("127.0.0.1", settings["port"], ssl=context(settings), server_hostname="localhost")
        digest, got = hashlib.sha256(), 0

        async def send():
            for start in range(0, len(content), 100_000):
                writer.write(content[start : start + 100_000])
                await writer.drain()

        task = asyncio.create_task(send())
        while got < len(content):
            data = await reader.read(65536)
            digest.update(data)
            got += len(data)
            if not data:
                break
        await task
        writer.close()
        return digest.hexdigest()

    return asyncio.run(run())


def url(settings):
    """urllib and http.client, as scripts use them."""
    made = context(settings)
    address = f"https://localhost:{settings['port']}/page.txt"
    with urllib.request.urlopen(address, context=made) as answer:
        facts = [answer.status, answer.read().decode()]
    connection = http.client.HTTPSConnection("localhost", settings["port"], context=made)
    for _ in range(2):
        connection.request("GET", "/page.txt")
        facts.append(connection.getresponse().read().decode())
    connection.close()
    return facts


def server_certificate(settings):
    """ssl.get_server_certificate, with the server's certificate unverified."""
    pem = ssl.get_server_certificate(("localhost", settings["port"]))
    return hashlib.sha256(pem.encode()).hexdigest()


def memory(settings):
    """Client and server in one process, joined by memory BIOs; a few bytes at a time."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(settings["server_certificate"], settings["server_key"])
    near = context(settings).wrap_bio(incoming, outgoing, server_hostname="localhost")
    far_in, far_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    far = made.wrap_bio(far_in, far_out, server_side=True)

    def carry():
        while outgoing.pending:
            far_in.write(outgoing.read(7))
        while far_out.pending:
            incoming.write(far_out.read(1000))

    def both(*steps):
        waiting, answers = list(steps), {}
        for _ in range(10_000):
            for step in list(waiting):
                try:
                    answers[step] = step()
                    waiting.remove(step)
                except ssl.SSLWantReadError:
                    pass
                carry()
            if not waiting:
                return [answers[step] for step in steps]
        return "stuck"

    both(near.do_handshake, far.do_handshake)
    facts = {"near": seen_of(near), "far": seen_of(far)}
    near.write(b"x" * 100_000)
    carry()
    facts["pending"] = [far.pending(), len(far.read(10)), far.pending()]
    facts["same binding"] = facts["near"].pop("binding") == facts["far"].pop("binding")
    facts["end"] = both(near.unwrap, lambda: drain(far))
    return facts


def drain(tls):
    while tls.read(65536):
        pass
    return tls.unwrap()


def settings_of_contexts(settings):
    """What a context answers about itself."""
    made = context(settings)
    made.set_ciphers("ECDHE+AESGCM")
    # Of the list only what both libraries have by design.
    ciphers = [(one["name"], one["protocol"], one["strength_bits"], one["id"], one["description"]) for one in made.get_ciphers()]
    facts = {
        "ciphers": ciphers,
        "store": made.cert_store_stats(),
        "authorities": made.get_ca_certs(),
        "verify": [made.verify_mode.name, made.check_hostname, int(made.verify_flags)],
        "versions": [made.minimum_version.name, made.maximum_version.name],
        "statistics": made.session_stats(),
        "defaults": ssl.get_default_verify_paths()._asdict(),
        "level": made.security_level,
    }
    for name, act in {
        "no such cipher": lambda: made.set_ciphers("NO-SUCH-CIPHER"),
        "garbage CA": lambda: made.load_verify_locations(cadata=b"garbage"),
        "missing CA": lambda: made.load_verify_locations(cafile="/nonexistent/ca.pem"),
        "wrong key": lambda: made.load_cert_chain(settings["server_certificate"], settings["other_key"]),
        "wrong password": lambda: made.load_cert_chain(settings["server_certificate"], settings["encrypted_key"], "wrong"),
        "password": lambda: made.load_cert_chain(settings["server_certificate"], settings["encrypted_key"], lambda: "secret"),
        "bad ALPN": lambda: made.set_alpn_protocols([""]),
        "curve": lambda: made.set_ecdh_curve("secp384r1"),
        "no such curve": lambda: made.set_ecdh_curve("nonesuch"),
        "parameters": lambda: made.load_dh_params(settings["dh"]),
    }.items():
        try:
            act()
            facts[name] = "done"
        except (OSError, ValueError) as error:
            facts[name] = [error_of(error), str(error)]
    return facts


TASKS = (page, sessions, foreign_session, duplex, upload, ragged, plain_after, timeout, threads, evented, url)
TASKS += (server_certificate, memory, settings_of_contexts)


def main():
    settings = json.loads(sys.argv[1])
    task = {task.__name__: task for task in TASKS}[settings["task"]]
    sys.stdin.read()  # the test looks at this process's libraries first
    print(json.dumps(task(settings)))


if __name__ == "__main__":
    main()
