/* Certificates that are unusual, and chains that are: what is accepted, with which result, and what the program sees. */
#include "issue.h"

static struct issuer root;
static EVP_PKEY *leaf_key;

/* ---- one handshake ---- */

static void print_queue(void)
{
    unsigned long code;

    while ((code = ERR_get_error()) != 0)
        printf(" [%d %d]", ERR_GET_LIB(code), ERR_GET_REASON(code));
}

/* A handshake whose client looks for localhost; what both sides came to, in one line. */
static void attempt(const char *label, SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client, *server;
    struct pair_result result;
    X509 *seen;

    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_set1_host(client, "localhost");
    result = pair_handshake(client, server);
    printf("%s:", label);
    pair_print_side("client", &result.client);
    pair_print_side("server", &result.server);
    seen = SSL_get0_peer_certificate(client);
    printf("; result %ld, name %s, certificate %d, chain %d, verified %d\n", SSL_get_verify_result(client),
           SSL_get0_peername(client) == NULL ? "(null)" : SSL_get0_peername(client),
           seen == NULL ? -1 : X509_cmp(seen, SSL_get_certificate(server)), sk_X509_num(SSL_get_peer_cert_chain(client)),
           sk_X509_num(SSL_get0_verified_chain(client)));
    pair_free(client, server);
}

/* A client that trusts `anchor`. */
static SSL_CTX *trusting(X509 *anchor, int version, int level)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, version) != 1 || SSL_CTX_set_max_proto_version(ctx, version) != 1
        || (anchor != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), anchor) != 1))
        check_give_up("client");
    if (level >= 0)
        SSL_CTX_set_security_level(ctx, level);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return ctx;
}

/* Gives a server its certificate and key, and says how that went. */
static SSL_CTX *serving(const char *label, X509 *cert, EVP_PKEY *key, int level)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int used, keyed;

    if (ctx == NULL)
        check_give_up("server");
    SSL_CTX_set_security_level(ctx, level);
    ERR_clear_error();
    used = SSL_CTX_use_certificate(ctx, cert);
    printf("%s: certificate %d", label, used);
    print_queue();
    keyed = SSL_CTX_use_PrivateKey(ctx, key);
    printf(", key %d", keyed);
    print_queue();
    printf(", check %d", SSL_CTX_check_private_key(ctx));
    print_queue();
    printf("\n");
    if (used == 1 && keyed == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

/* ---- leaves ---- */

static void v1(X509 *cert)
{
    while (X509_get_ext_count(cert) > 0)
        X509_EXTENSION_free(X509_delete_ext(cert, 0));
    X509_set_version(cert, X509_VERSION_1);
}
static void v1_with_extensions(X509 *cert) { X509_set_version(cert, X509_VERSION_1); }
static void v2(X509 *cert)
{
    v1(cert);
    X509_set_version(cert, X509_VERSION_2);
}
static void v4(X509 *cert) { X509_set_version(cert, 3); }
static void negative_serial(X509 *cert) { ASN1_INTEGER_set(X509_get_serialNumber(cert), -77); }
static void zero_serial(X509 *cert) { ASN1_INTEGER_set(X509_get_serialNumber(cert), 0); }
static void long_serial(X509 *cert)
{
    unsigned char bytes[40];

    memset(bytes, 0x7a, sizeof bytes);
    ASN1_STRING_set(X509_get_serialNumber(cert), bytes, sizeof bytes);
}
static void no_subject(X509 *cert)
{
    X509_NAME *empty = X509_NAME_new();

    X509_set_subject_name(cert, empty);
    X509_NAME_free(empty);
}
static void no_san(X509 *cert) { issue_no_ext(cert, NID_subject_alt_name); }
static void no_subject_no_san(X509 *cert)
{
    no_subject(cert);
    no_san(cert);
}
static void empty_san(X509 *cert)
{
    no_san(cert);
    issue_raw_ext(cert, "2.5.29.17", 0, "\x30\x00", 2);
}
static void san(X509 *cert, const char *value)
{
    no_san(cert);
    issue_ext(cert, NID_subject_alt_name, value);
}
static void san_other(X509 *cert) { san(cert, "DNS:other.example"); }
static void san_ip(X509 *cert) { san(cert, "IP:127.0.0.1"); }
static void san_uri(X509 *cert) { san(cert, "URI:https://localhost/"); }
static void san_email(X509 *cert) { san(cert, "email:a@localhost"); }
static void san_critical(X509 *cert) { san(cert, "critical,DNS:localhost"); }
static void san_nul(X509 *cert)
{
    no_san(cert);
    issue_raw_ext(cert, "2.5.29.17", 0, "\x30\x12\x82\x10localhost\0.evil.", 20);
}
static void san_garbage(X509 *cert)
{
    no_san(cert);
    issue_raw_ext(cert, "2.5.29.17", 0, "garbage", 7);
}
static void san_twice(X509 *cert) { issue_ext(cert, NID_subject_alt_name, "DNS:other.example"); }
static void critical_unknown(X509 *cert) { issue_raw_ext(cert, "1.3.6.1.4.1.55555.1", 1, "\x05\x00", 2); }
static void plain_unknown(X509 *cert) { issue_raw_ext(cert, "1.3.6.1.4.1.55555.1", 0, "not DER at all", 14); }
static void unknown_twice(X509 *cert)
{
    plain_unknown(cert);
    plain_unknown(cert);
}
static void constraints_garbage(X509 *cert)
{
    issue_no_ext(cert, NID_basic_constraints);
    issue_raw_ext(cert, "2.5.29.19", 0, "\x30\x03\x01\x01", 4);
}
static void constraints_explicit_false(X509 *cert)
{
    issue_no_ext(cert, NID_basic_constraints);
    issue_raw_ext(cert, "2.5.29.19", 0, "\x30\x03\x01\x01\x00", 5);
}
static void constraints_none(X509 *cert) { issue_no_ext(cert, NID_basic_constraints); }
static void constraints_ca(X509 *cert)
{
    issue_no_ext(cert, NID_basic_constraints);
    issue_ext(cert, NID_basic_constraints, "critical,CA:TRUE");
}
static void constraints_path(X509 *cert)
{
    issue_no_ext(cert, NID_basic_constraints);
    issue_ext(cert, NID_basic_constraints, "CA:FALSE,pathlen:3");
}
static void usage_signature(X509 *cert) { issue_ext(cert, NID_key_usage, "critical,digitalSignature"); }
static void usage_encipherment(X509 *cert) { issue_ext(cert, NID_key_usage, "critical,keyEncipherment"); }
static void usage_agreement(X509 *cert) { issue_ext(cert, NID_key_usage, "keyAgreement"); }
static void usage_ca(X509 *cert) { issue_ext(cert, NID_key_usage, "critical,keyCertSign"); }
static void usage_empty(X509 *cert) { issue_raw_ext(cert, "2.5.29.15", 1, "\x03\x01\x00", 3); }
static void usage_garbage(X509 *cert) { issue_raw_ext(cert, "2.5.29.15", 1, "\x03\x00", 2); }
static void extended_server(X509 *cert) { issue_ext(cert, NID_ext_key_usage, "critical,serverAuth"); }
static void extended_client(X509 *cert) { issue_ext(cert, NID_ext_key_usage, "clientAuth"); }
static void extended_any(X509 *cert) { issue_ext(cert, NID_ext_key_usage, "anyExtendedKeyUsage"); }
static void extended_gated(X509 *cert) { issue_ext(cert, NID_ext_key_usage, "nsSGC"); }
static void extended_other(X509 *cert) { issue_ext(cert, NID_ext_key_usage, "critical,codeSigning,1.2.3.4"); }
static void extended_empty(X509 *cert) { issue_raw_ext(cert, "2.5.29.37", 0, "\x30\x00", 2); }
static void netscape_server(X509 *cert) { issue_ext(cert, NID_netscape_cert_type, "server"); }
static void netscape_client(X509 *cert) { issue_ext(cert, NID_netscape_cert_type, "client"); }
static void key_ids(X509 *cert)
{
    issue_no_ext(cert, NID_authority_key_identifier);
    issue_raw_ext(cert, "2.5.29.35", 0, "\x30\x06\x80\x04\x01\x02\x03\x04", 8);
}
static void proxy(X509 *cert)
{
    no_san(cert);
    issue_raw_ext(cert, "1.3.6.1.5.5.7.1.14", 1, "\x30\x0f\x02\x01\x00\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x15\x00", 17);
}
static void reversed_dates(X509 *cert)
{
    ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20400101000000Z");
    ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20300101000000Z");
}
static void endless(X509 *cert) { ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "99991231235959Z"); }
static void near_generalized(X509 *cert) { ASN1_TIME_set_string(X509_getm_notAfter(cert), "20401231235959Z"); }
static void date_garbage(X509 *cert) { ASN1_STRING_set(X509_getm_notAfter(cert), "not a date", 10); }
static void date_offset(X509 *cert) { ASN1_STRING_set(X509_getm_notAfter(cert), "490101000000+0100", 17); }
static void before_garbage(X509 *cert) { ASN1_STRING_set(X509_getm_notBefore(cert), "2001010000", 10); }
static void policies(X509 *cert) { issue_raw_ext(cert, "2.5.29.32", 0, "\x30\x08\x30\x06\x06\x04\x2a\x03\x04\x05", 10); }
static void policies_garbage(X509 *cert) { issue_raw_ext(cert, "2.5.29.32", 0, "\x30\x01", 2); }
static void common(X509 *cert, int type, const void *text, int len)
{
    X509_NAME *name = X509_NAME_new();

    no_san(cert);
    X509_NAME_add_entry_by_NID(name, NID_commonName, type, text, len, -1, 0);
    X509_set_subject_name(cert, name);
    X509_NAME_free(name);
}
static void common_nul(X509 *cert) { common(cert, V_ASN1_UTF8STRING, "localhost\0.evil", 15); }
static void common_bmp(X509 *cert) { common(cert, V_ASN1_BMPSTRING, "\0l\0o\0c\0a\0l\0h\0o\0s\0t", 18); }
static void common_teletex(X509 *cert) { common(cert, V_ASN1_T61STRING, "localhost", 9); }
static void common_empty(X509 *cert) { common(cert, V_ASN1_UTF8STRING, "", 0); }
static void common_many(X509 *cert)
{
    common(cert, V_ASN1_UTF8STRING, "first.example", 13);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8, (const unsigned char *)"localhost", -1, -1, 0);
}
static void large(X509 *cert)
{
    static unsigned char filler[60000];

    memset(filler, 0x55, sizeof filler);
    issue_raw_ext(cert, "1.3.6.1.4.1.55555.2", 0, filler, sizeof filler);
}
static void too_large(X509 *cert)
{
    large(cert);
    large(cert);
}

static const struct leaf {
    const char *name;
    issue_change change;
} leaves[] = {
    { "usual", NULL }, { "v1", v1 }, { "v1 with extensions", v1_with_extensions }, { "v2", v2 }, { "v4", v4 },
    { "negative serial", negative_serial }, { "zero serial", zero_serial }, { "long serial", long_serial },
    { "no subject", no_subject }, { "no SAN", no_san }, { "no subject, no SAN", no_subject_no_san }, { "empty SAN", empty_san },
    { "SAN other", san_other }, { "SAN IP", san_ip }, { "SAN URI", san_uri }, { "SAN e-mail", san_email }, { "SAN critical", san_critical },
    { "SAN with NUL", san_nul }, { "SAN garbage", san_garbage }, { "SAN twice", san_twice },
    { "unknown critical", critical_unknown }, { "unknown", plain_unknown }, { "unknown twice", unknown_twice },
    { "constraints garbage", constraints_garbage }, { "constraints FALSE", constraints_explicit_false },
    { "no constraints", constraints_none }, { "CA", constraints_ca }, { "path length without CA", constraints_path },
    { "usage signature", usage_signature }, { "usage encipherment", usage_encipherment }, { "usage agreement", usage_agreement },
    { "usage CA", usage_ca }, { "usage empty", usage_empty }, { "usage garbage", usage_garbage },
    { "for servers", extended_server }, { "for clients", extended_client }, { "for any", extended_any }, { "for SGC", extended_gated },
    { "for other", extended_other }, { "for nothing", extended_empty }, { "Netscape server", netscape_server },
    { "Netscape client", netscape_client }, { "wrong key ids", key_ids }, { "proxy", proxy }, { "reversed dates", reversed_dates },
    { "endless", endless }, { "near date long", near_generalized }, { "date garbage", date_garbage }, { "date with offset", date_offset },
    { "begin garbage", before_garbage }, { "policies", policies }, { "policies garbage", policies_garbage }, { "CN with NUL", common_nul },
    { "CN BMP", common_bmp }, { "CN Teletex", common_teletex }, { "CN empty", common_empty }, { "CN twice", common_many },
    { "large", large }, { "too large", too_large },
};

static void odd_leaves(int version)
{
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        X509 *cert = issue_leaf(leaf_key, &root, leaves[i].change);
        SSL_CTX *server = serving(leaves[i].name, cert, leaf_key, 2), *client = trusting(root.cert, version, -1);

        if (server != NULL) {
            attempt("  verified", client, server);
        }
        if (server != NULL && getenv("CAPI_SHORT") == NULL) {
            SSL_CTX_set_verify(client, SSL_VERIFY_NONE, NULL);
            attempt("  not", client, server);
            SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
            X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client), X509_V_FLAG_X509_STRICT);
            attempt("  strict", client, server);
        }
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        X509_free(cert);
    }
}

/* ---- signatures and issuers ---- */

/* Changes the last byte of the signature. */
static X509 *spoil_signature(X509 *cert)
{
    unsigned char *der = NULL;
    const unsigned char *at;
    int len = i2d_X509(cert, &der);
    X509 *spoiled;

    if (len <= 0)
        check_give_up("i2d_X509");
    der[len - 1] ^= 1;
    at = der;
    spoiled = d2i_X509(NULL, &at, len);
    OPENSSL_free(der);
    return spoiled;
}

static void try_leaf(const char *name, X509 *cert, EVP_PKEY *key, X509 *anchor, int version, unsigned long flags)
{
    SSL_CTX *server = serving(name, cert, key, 2), *client = trusting(anchor, version, -1);

    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client), flags);
    if (server != NULL)
        attempt("  verified", client, server);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void issuers(int version)
{
    X509 *cert = issue_leaf(leaf_key, &root, NULL), *own, *spoiled = spoil_signature(cert), *reject, *as_ca;

    try_leaf("spoiled signature", spoiled, leaf_key, root.cert, version, 0);
    try_leaf("trusted itself", cert, leaf_key, cert, version, 0);
    try_leaf("trusted itself, partial chain", cert, leaf_key, cert, version, X509_V_FLAG_PARTIAL_CHAIN);
    try_leaf("spoiled, trusted itself, partial chain", spoiled, leaf_key, spoiled, version, X509_V_FLAG_PARTIAL_CHAIN);
    reject = X509_dup(cert);
    SHOW(X509_add1_reject_object(reject, OBJ_nid2obj(NID_server_auth)));
    try_leaf("rejected itself", cert, leaf_key, reject, version, X509_V_FLAG_PARTIAL_CHAIN);
    own = issue_end(issue_begin("localhost", leaf_key, 0), NULL, leaf_key, EVP_sha256());
    try_leaf("self-signed, unknown", own, leaf_key, NULL, version, 0);
    try_leaf("self-signed, known", own, leaf_key, own, version, 0);
    try_leaf("self-signed, known, partial chain", own, leaf_key, own, version, X509_V_FLAG_PARTIAL_CHAIN);
    try_leaf("self-signed, known, checked", own, leaf_key, own, version, X509_V_FLAG_CHECK_SS_SIGNATURE);
    try_leaf("self-signed, known, strict", own, leaf_key, own, version, X509_V_FLAG_X509_STRICT);
    as_ca = issue_begin("localhost", leaf_key, 1);
    issue_ext(as_ca, NID_subject_alt_name, "DNS:localhost");
    issue_end(as_ca, NULL, leaf_key, EVP_sha256());
    try_leaf("its own CA, unknown", as_ca, leaf_key, NULL, version, 0);
    try_leaf("its own CA, known", as_ca, leaf_key, as_ca, version, 0);
    X509_free(as_ca);
    X509_free(reject);
    X509_free(own);
    X509_free(spoiled);
    X509_free(cert);
}

/* ---- chains ---- */

#define LONGEST 24

/* Chain of `count` CAs below the root, the lowest last. */
static void grow(struct issuer *cas, int count, EVP_PKEY *key)
{
    for (int i = 0; i < count; i++) {
        char name[40];

        snprintf(name, sizeof name, "CA %d", i);
        cas[i].key = key;
        cas[i].cert = issue_end(issue_begin(name, key, 1), i == 0 ? &root : &cas[i - 1], NULL, EVP_sha256());
    }
}

static void send_also(SSL_CTX *server, X509 *cert)
{
    SHOW(SSL_CTX_add1_chain_cert(server, cert));
}

static void chains(int version)
{
    static const int lengths[] = { 1, 3, 20, LONGEST };
    struct issuer cas[LONGEST];
    EVP_PKEY *ca_key = load_key("inter.key");
    X509 *stranger = load_cert("otherca.pem");

    grow(cas, LONGEST, ca_key);
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        int count = lengths[l];
        X509 *cert = issue_leaf(leaf_key, &cas[count - 1], NULL);
        char name[60];

        for (int order = 0; order < 6; order++) {
            SSL_CTX *server = new_server_ctx(NULL), *client = trusting(root.cert, version, -1);

            SSL_CTX_use_certificate(server, cert);
            SSL_CTX_use_PrivateKey(server, leaf_key);
            for (int i = 0; i < count; i++) {
                X509 *next = cas[order == 1 ? i : count - 1 - i].cert;

                if (order == 2 && i == 0)
                    SSL_CTX_add1_chain_cert(server, stranger);
                if (order == 4 && i == count / 2)
                    continue;
                SSL_CTX_add1_chain_cert(server, next);
                if (order == 3)
                    SSL_CTX_add1_chain_cert(server, next);
            }
            if (order == 5) {
                send_also(server, root.cert);
                send_also(server, cert);
            }
            snprintf(name, sizeof name, "%d between, order %d", count, order);
            attempt(name, client, server);
            if (order == 0) {
                for (int depth = count - 2; depth <= count + 1; depth++) {
                    SSL_CTX_set_verify_depth(client, depth);
                    snprintf(name, sizeof name, "  depth %d", depth);
                    attempt(name, client, server);
                }
            }
            SSL_CTX_free(server);
            SSL_CTX_free(client);
        }
        X509_free(cert);
    }
    for (int i = 0; i < LONGEST; i++)
        X509_free(cas[i].cert);
    X509_free(stranger);
    EVP_PKEY_free(ca_key);
}

int main(void)
{
    root.cert = load_cert("ca.pem");
    root.key = load_key("ca.key");
    leaf_key = load_key("ecdsa.key");
    in_both_versions("odd leaves", odd_leaves);
    in_both_versions("issuers", issuers);
    in_both_versions("chains", chains);
    X509_free(root.cert);
    EVP_PKEY_free(root.key);
    EVP_PKEY_free(leaf_key);
    return 0;
}
