"""OCSP responses that servers staple, made with openssl(1)."""

import subprocess

from support.process import Failure


def response(trial, name, certificate="ecdsa", status="V", issuer="ca", signer=None, days="1"):
    """A DER file with a response about a certificate: valid (V), revoked (R), or nothing known ("")."""
    shown = _openssl("x509", "-in", trial.pem(certificate), "-noout", "-serial")
    serial = shown.strip().partition("=")[2]
    when = "200101000000Z,keyCompromise" if status == "R" else ""
    index = trial.write(f"{name}.index", f"{status}\t491231235959Z\t{when}\t{serial}\tunknown\t/CN=any\n" if status else "")
    trial.write(f"{name}.index.attr", "unique_subject = no\n")
    path, signer = trial.dir / f"{name}.ocsp", signer or issuer
    request = ["-issuer", trial.pem(issuer), "-cert", trial.pem(certificate)]
    _openssl(
        *["ocsp", "-index", index, "-CA", trial.pem(issuer), "-rsigner", trial.pem(signer), "-rkey", trial.key(signer)],
        *[*request, "-respout", path, "-ndays", days, "-noverify"],
    )
    return path


def _openssl(*words):
    made = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if made.returncode:
        raise Failure(f"openssl {words[0]}: {made.stderr}")
    return made.stdout
