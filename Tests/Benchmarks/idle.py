"""Opens idle connections: COUNT of them to PORT, which have asked once for one of the targets in FOLDER.

From several loopback addresses, since one has too few ports. Says when all are open; on SIGTERM how many still are.
"""
import signal
import socket
import sys

folder, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
connections_per_address = 5000


def requests():
    tokens = open(f"{folder}/tokens").read().split()
    for line in open(f"{folder}/targets"):
        identifier, user = line.split()
        yield (f"GET /conversations/{identifier} HTTP/1.1\r\nHost: localhost\r\n"
               f"Authorization: Bearer {tokens[int(user)]}\r\n\r\n").encode()


def read_answer(connection):
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += receive(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        sys.exit(f"answered: {head.decode()}")
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        body += receive(connection)


def receive(connection):
    part = connection.recv(65536)
    if not part:
        sys.exit("a connection was closed before it was answered")
    return part


def open_connection(number, request):
    connection = socket.socket()
    connection.settimeout(10)
    # The port is chosen when it connects, so that each address has all of them.
    connection.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
    connection.bind((f"127.0.0.{2 + number // connections_per_address}", 0))
    connection.connect(("127.0.0.1", port))
    connection.sendall(request)
    read_answer(connection)
    connection.setblocking(False)
    return connection


def is_open(connection):
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
sent = list(requests())
opened = [open_connection(number, sent[number % len(sent)]) for number in range(count)]
print("open", len(opened), flush=True)
signal.sigwait([signal.SIGTERM])
print("still open", sum(is_open(connection) for connection in opened), flush=True)
