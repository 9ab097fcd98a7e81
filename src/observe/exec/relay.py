import errno, os, select, socket, sys, time

host, port, patience = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])


def say(*words):
    os.write(2, (" ".join(str(word) for word in words) + "\n").encode("utf-8", "replace"))


def write(data):
    while data:
        data = data[os.write(1, data):]


say("start")
try:
    found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
except Exception as error:
    say("unresolved", getattr(error, "strerror", None) or error)
    sys.exit(1)
say("found")
peer, tried = None, []
for family, kind, protocol, _, address in found:
    name = address[0].split("%")[0]
    if name in tried or len(tried) == 16:
        continue
    tried.append(name)
    began = time.time()
    try:
        peer = socket.socket(family, kind, protocol)
        peer.settimeout(patience)
        peer.connect(address)
    except Exception as error:
        late = isinstance(error, socket.timeout)
        code = "ETIMEDOUT" if late else errno.errorcode.get(getattr(error, "errno", None), "")
        say("failed", name, int((time.time() - began) * 1e6), code or error)
        peer = None
        continue
    say("open", name, int((time.time() - began) * 1e6))
    break
if peer is None:
    sys.exit(1)
peer.settimeout(None)
try:
    while True:
        ready = select.select([0, peer], [], [])[0]
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                break
            peer.sendall(data)
        if peer in ready:
            data = peer.recv(65536)
            if not data:
                break
            write(data)
except Exception as error:
    say("over", errno.errorcode.get(getattr(error, "errno", None), "") or error)
