#!/usr/bin/env bash
# Makes the certificates, keys and lists that the tests use.
#
#   pki.sh OUTDIR
#
# Every certificate NAME is OUTDIR/NAME.pem with its key in OUTDIR/NAME.key. All dates are fixed and
# serial numbers count up, so only the keys differ between two runs. The password of an encrypted key is "secret".
#
# CAs            ca (root), inter (under ca), inter2 (under inter), otherca (unrelated root),
#                twinca (another key under the name of ca, no key identifiers), p384ca
# servers        rsa rsapss ecdsa p384 p521 ed25519: localhost, 127.0.0.1, ::1; issued by ca
#                ecdsa-leaf: the same under inter; ecdsa-chain: with inter in the file
#                deep: under inter2; deep-chain: with inter2 and inter in the file
#                expired notyet wronghost multi cnonly noname revoked weak sha1 v1 selfsigned twin badkeyusage
# clients        client client-rsa client-expired client-revoked client-wrongca client-chain serveronly
# key forms      ecdsa-enc.key (PKCS#8), ecdsa-encpem.key and rsa-encpem.key (DEK-Info), ecdsa-trad.key, rsa-trad.key,
#                *.cert.der, *.key.der (PKCS#8), *.trad.der (the type's own form), ecdsa-both.pem (key and chain)
# revocation     ca.crl (revoked, client-revoked), empty.crl, old.crl (out of date), inter.crl
# odd keys       rsa512 rsa2047 rsa3072 rsa8192 (five primes), p224, secp256k1, brainpool, ed448, dsa: keys only
# others         dh.pem, bundle.pem (ca and otherca), cadir/, otherdir/, crldir/ (hashed), garbage.pem, empty.pem
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 OUTDIR" >&2; exit 2; }
mkdir -p "$1"
cd "$1"
unset OPENSSL_CONF
openssl=${OPENSSL:-openssl}
log=$PWD/pki.log
: >"$log"

run() { "$openssl" "$@" >>"$log" 2>&1 </dev/null || { echo "pki.sh: openssl $* failed, see $log" >&2; exit 1; }; }

cat >ca.conf <<'CONF'
[ca]
default_ca = issuer
[issuer]
database = index.txt
serial = serial.txt
new_certs_dir = issued
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[twinroot]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = none
authorityKeyIdentifier = none
[inter]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1
[rsaleaf]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1
[wronghost]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = DNS:other.example
[multi]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = DNS:one.example,DNS:two.example,DNS:*.wild.example,DNS:part*.half.example,email:host@mail.example,IP:192.0.2.7
[cnonly]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
[client]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
authorityKeyIdentifier = keyid
subjectAltName = email:client@example
[serveronly]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost
[badkeyusage]
basicConstraints = CA:FALSE
keyUsage = critical,keyEncipherment
subjectAltName = DNS:localhost
[twin]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectKeyIdentifier = none
authorityKeyIdentifier = none
subjectAltName = DNS:localhost
CONF
mkdir -p issued
: >index.txt
echo 1000 >serial.txt

# key NAME TYPE
key() {
    case $2 in
        rsa) run genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
        rsa1024) run genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$1.key" ;;
        rsapss) run genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
        ed25519) run genpkey -algorithm ED25519 -out "$1.key" ;;
        *) run genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key" ;;
    esac
}

from=20200101000000Z
until=20491231235959Z

# issue NAME KEYTYPE ISSUER EXTENSIONS COMMON_NAME [option of openssl-ca ...]
issue() {
    local name=$1 type=$2 issuer=$3 extensions=$4 common=$5
    shift 5
    [ -f "$name.key" ] || key "$name" "$type"
    run req -new -config ca.conf -key "$name.key" -subj "/O=ferrossl tests/CN=$common" -out "$name.csr"
    local by=(-cert "$issuer.pem" -keyfile "$issuer.key")
    [ "$issuer" != "$name" ] || by=(-selfsign -keyfile "$name.key")
    run ca -batch -notext -config ca.conf "${by[@]}" -in "$name.csr" -out "$name.pem" -extensions "$extensions" \
        -startdate $from -enddate $until "$@"
    rm "$name.csr"
}

# crl NAME ISSUER LASTUPDATE NEXTUPDATE
crl() { run ca -gencrl -config ca.conf -cert "$2.pem" -keyfile "$2.key" -crl_lastupdate "$3" -crl_nextupdate "$4" -out "$1.crl"; }

issue ca P-256 ca root "Root CA"
issue otherca P-256 otherca root "Other CA"
issue twinca P-256 twinca twinroot "Root CA"
issue p384ca P-384 p384ca root "P-384 CA"
issue inter P-256 ca inter "Intermediate CA"
issue inter2 P-256 inter inter "Second intermediate CA"

issue rsa rsa ca rsaleaf localhost
issue rsapss rsapss ca leaf localhost
issue ecdsa P-256 ca leaf localhost
issue p384 P-384 ca leaf localhost
issue p521 P-521 ca leaf localhost
issue ed25519 ed25519 ca leaf localhost
issue ecdsa-leaf P-256 inter leaf localhost
issue deep P-256 inter2 leaf localhost
issue expired P-256 ca leaf localhost -startdate 20010101000000Z -enddate 20020101000000Z
issue notyet P-256 ca leaf localhost -startdate 20480101000000Z -enddate 20491231235959Z
issue wronghost P-256 ca wronghost other.example
issue multi P-256 ca multi "Several names"
issue cnonly P-256 ca cnonly localhost
issue revoked P-256 ca leaf localhost
issue weak rsa1024 ca rsaleaf localhost
issue sha1 P-256 ca leaf localhost -md sha1
issue selfsigned P-256 selfsigned serveronly localhost
issue badkeyusage P-256 ca badkeyusage localhost
issue twin P-256 twinca twin localhost

issue client P-256 ca client "Client"
cp rsa.key client-rsa.key
issue client-rsa rsa ca client "RSA client"
issue client-expired P-256 ca client "Expired client" -startdate 20010101000000Z -enddate 20020101000000Z
issue client-revoked P-256 ca client "Revoked client"
issue client-wrongca P-256 otherca client "Client of another CA"
issue client-leaf P-256 inter client "Client under the intermediate"
issue serveronly P-256 ca serveronly localhost

# A certificate with neither common name nor alternative name.
key noname P-256
run req -new -config ca.conf -key noname.key -subj "/O=ferrossl tests" -out noname.csr
run ca -batch -notext -config ca.conf -cert ca.pem -keyfile ca.key -in noname.csr -out noname.pem -extensions cnonly \
    -startdate $from -enddate $until
# Version 1: no extensions at all.
key v1 P-256
run req -new -config ca.conf -key v1.key -subj "/O=ferrossl tests/CN=localhost" -out v1.csr
run x509 -req -in v1.csr -CA ca.pem -CAkey ca.key -set_serial 0x2000 -days 7000 -sha256 -out v1.pem
rm noname.csr v1.csr

cat ecdsa-leaf.pem inter.pem >ecdsa-chain.pem
cp ecdsa-leaf.key ecdsa-chain.key
cat deep.pem inter2.pem inter.pem >deep-chain.pem
cp deep.key deep-chain.key
cat client-leaf.pem inter.pem >client-chain.pem
cp client-leaf.key client-chain.key
cat ca.pem otherca.pem >bundle.pem
cat ecdsa-chain.key ecdsa-chain.pem >ecdsa-both.pem

for name in ecdsa rsa ed25519; do
    run x509 -in $name.pem -outform DER -out $name.cert.der
    run pkcs8 -topk8 -nocrypt -in $name.key -outform DER -out $name.key.der
done
run ec -in ecdsa.key -out ecdsa-trad.key
run ec -in ecdsa.key -outform DER -out ecdsa.trad.der
run rsa -in rsa.key -traditional -out rsa-trad.key
run rsa -in rsa.key -traditional -outform DER -out rsa.trad.der
run pkcs8 -topk8 -v2 aes-256-cbc -iter 2048 -in ecdsa.key -out ecdsa-enc.key -passout pass:secret
run ec -in ecdsa.key -aes256 -out ecdsa-encpem.key -passout pass:secret
run rsa -in rsa.key -traditional -aes128 -out rsa-encpem.key -passout pass:secret

crl empty ca $from $until
crl inter inter $from $until
run ca -config ca.conf -cert ca.pem -keyfile ca.key -revoke revoked.pem
run ca -config ca.conf -cert ca.pem -keyfile ca.key -revoke client-revoked.pem
crl ca ca $from $until
crl old ca 20010101000000Z 20020101000000Z

for bits in 512 2047 3072; do run genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:$bits -out rsa$bits.key; done
run genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:8192 -pkeyopt rsa_keygen_primes:5 -out rsa8192.key
key p224 P-224
key secp256k1 secp256k1
key brainpool brainpoolP256r1
run genpkey -algorithm ED448 -out ed448.key
# Parameters take long to find; these are as good as any.
cat >dsa.params <<'PARAMETERS'
-----BEGIN DSA PARAMETERS-----
MIICLAKCAQEA2euyZ+E7MpFkrEaPiVsIfxKHiopqn9OG2Thb/xugZIRHuLqSRcSm
+K7PvrNkJx2ARHYN/e04x+0GhJ6lfoU4r6BUG6nNgn+D1fr5twyYmx5A776zzP5i
5nx7jPDeXCl2cLSkZFfaYnKCiEn4vkEc18ttPkcpwJV7P5kbTG5MkCmqKXYziDCf
iTHuatBdTWYtkh7NTP3ojtI58BDLFIZgzfpjrG49zFU4qH+nuwLaeNEsJoQbThpl
5/RJZYN456xaI1r2bGzn3MyR9PUuKeV3REFg9KEQmqi1/m3ve/mNebSuGlTCRr8O
9+h44mBuYn4nqoOcQKnDQllwwd82FitvVQIhAKtUWX3vb2PNesj7rhE1PdpOKXGq
ebXtkVDkHxO1pL0lAoIBAEb60E2a7Nr3D37YRvWzJeL7QDAjgIemNMSfSvafTaZZ
Tz5BMqP72+OUClhJEevZKjalT1x3LWN4GcT7kT4sHWHRgjsRyy7SIdjEGkSuLPGT
Rryt5aH8U4uIwC1EYfLXYPrSu9ijOkvcT6h/XHT2/B/4gPomd0GYu5GY9Y4Hgb2x
BpIZDryxzrJo1dWaqAKjHkDIcFUIpRTKp/1QbIgpV7jCbOl9qdfUMPbs4apK+Pqh
tNfbnGKtT0bhkV6zilLk2y73esoi+rbbv/v3ceKsNZRDqgoYTnCwZNjs0Ac9f1AO
3KQyRYm95QJb7uewhF32KD5b0yNWh1duDlnf5Fb4UbI=
-----END DSA PARAMETERS-----
PARAMETERS
run genpkey -paramfile dsa.params -out dsa.key

run genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out dh.pem

mkdir -p cadir otherdir crldir
cp ca.pem cadir/
cp otherca.pem otherdir/
cp ca.pem crldir/
cp ca.crl crldir/crl.pem
run rehash cadir
run rehash otherdir
run rehash crldir
printf 'this is not PEM\n' >garbage.pem
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >badcert.pem
printf -- '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' >badkey.pem
: >empty.pem
rm -rf issued index.txt* serial.txt* ca.conf
