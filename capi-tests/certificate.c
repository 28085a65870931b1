/* Own certificates and keys: every loader with right, wrong, missing and broken input, passwords, mismatches, getters. */
#define OPENSSL_SUPPRESS_DEPRECATED /* SSL_CTX_use_RSAPrivateKey and relatives are still used */
#include "call.h"
#include "load.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

static SSL_CTX *server_context(void)
{
    return SSL_CTX_new(TLS_server_method());
}

static long load_bytes(const char *file, unsigned char *out, size_t room)
{
    FILE *in = fopen(pki(file), "rb");
    size_t len = in == NULL ? 0 : fread(out, 1, room, in);

    if (len == 0)
        check_give_up(file);
    fclose(in);
    return (long)len;
}

static void show_own(SSL_CTX *ctx)
{
    X509 *cert = SSL_CTX_get0_certificate(ctx);
    EVP_PKEY *key = SSL_CTX_get0_privatekey(ctx);
    STACK_OF(X509) *chain = NULL;
    char name[200];

    SSL_CTX_get0_chain_certs(ctx, &chain);
    printf("  now: certificate %s, key type %d, chain of %d\n", cert == NULL ? "none" : X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof name),
           key == NULL ? -1 : EVP_PKEY_get_base_id(key), chain == NULL ? -1 : sk_X509_num(chain));
}

/* A client trusts the CA; does this server convince it? */
static void try_server(SSL_CTX *server_ctx)
{
    SSL_CTX *client_ctx = new_client_ctx();
    SSL *client, *server;
    struct pair_result result;

    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    printf("  handshake %s, verify result %ld, chain of %d\n", result.ok ? "done" : "failed", SSL_get_verify_result(client),
           sk_X509_num(SSL_get_peer_cert_chain(client)));
    if (!result.ok)
        pair_show("  ", &result);
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
}

/* ---- files ---- */

static int cert_pem(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_certificate_file(ctx, file, SSL_FILETYPE_PEM); }
static int cert_der(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_certificate_file(ctx, file, SSL_FILETYPE_ASN1); }
static int cert_other(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_certificate_file(ctx, file, 7); }
static int key_pem(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM); }
static int key_der(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_ASN1); }
static int key_other(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_PrivateKey_file(ctx, file, 7); }
static int rsa_pem(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_RSAPrivateKey_file(ctx, file, SSL_FILETYPE_PEM); }
static int rsa_der(SSL_CTX *ctx, const char *file) { return SSL_CTX_use_RSAPrivateKey_file(ctx, file, SSL_FILETYPE_ASN1); }

static void from_files(void)
{
    static const struct { const char *name; int (*call)(SSL_CTX *, const char *); const char *files[12]; } loaders[] = {
        { "SSL_CTX_use_certificate_file PEM", cert_pem, { "ecdsa.pem", "ecdsa-chain.pem", "rsa.pem", "ed25519.pem", "ecdsa.key", "garbage.pem", "empty.pem", "badcert.pem", "missing.pem", "ecdsa.cert.der", "weak.pem" } },
        { "SSL_CTX_use_certificate_file DER", cert_der, { "ecdsa.cert.der", "rsa.cert.der", "ecdsa.pem", "garbage.pem", "empty.pem", "missing.pem", "ecdsa.key.der" } },
        { "SSL_CTX_use_certificate_file of type 7", cert_other, { "ecdsa.pem", "missing.pem" } },
        { "SSL_CTX_use_certificate_chain_file", SSL_CTX_use_certificate_chain_file, { "ecdsa.pem", "ecdsa-chain.pem", "deep-chain.pem", "ecdsa-both.pem", "ecdsa.key", "garbage.pem", "empty.pem", "badcert.pem", "missing.pem", "cadir" } },
        { "SSL_CTX_use_PrivateKey_file PEM", key_pem, { "ecdsa.key", "ecdsa-trad.key", "ecdsa-both.pem", "rsa.key", "rsa-trad.key", "ed25519.key", "rsapss.key", "ecdsa.pem", "garbage.pem", "badkey.pem", "missing.pem" } },
        { "SSL_CTX_use_PrivateKey_file DER", key_der, { "ecdsa.key.der", "rsa.key.der", "ed25519.key.der", "ecdsa.trad.der", "rsa.trad.der", "ecdsa.key", "garbage.pem", "empty.pem", "missing.pem" } },
        { "SSL_CTX_use_PrivateKey_file of type 7", key_other, { "ecdsa.key" } },
        { "SSL_CTX_use_RSAPrivateKey_file PEM", rsa_pem, { "rsa.key", "rsa-trad.key", "ecdsa.key", "missing.pem" } },
        { "SSL_CTX_use_RSAPrivateKey_file DER", rsa_der, { "rsa.trad.der", "garbage.pem" } },
    };

    SECTION("files");
    for (size_t i = 0; i < sizeof loaders / sizeof *loaders; i++) {
        for (const char *const *file = loaders[i].files; *file != NULL; file++) {
            SSL_CTX *ctx = server_context();

            ERR_clear_error();
            printf("%s(%s) = %d\n", loaders[i].name, *file, loaders[i].call(ctx, pki(*file)));
            SHOW_ERR();
            show_own(ctx);
            SSL_CTX_free(ctx);
        }
    }
}

static void from_files_into_connection(void)
{
    SSL_CTX *ctx = server_context();
    SSL *ssl = SSL_new(ctx);

    SECTION("files into a connection");
    SHOW(SSL_use_certificate_file(ssl, pki("ecdsa.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_use_PrivateKey_file(ssl, pki("ecdsa.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_check_private_key(ssl));
    SHOW(SSL_use_certificate_chain_file(ssl, pki("deep-chain.pem")));
    SHOW(SSL_check_private_key(ssl));
    SHOW_ERR();
    SHOW(SSL_use_PrivateKey_file(ssl, pki("deep.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_use_certificate_file(ssl, pki("missing.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW(SSL_use_PrivateKey_file(ssl, pki("garbage.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW(SSL_use_certificate_file(ssl, pki("ecdsa.cert.der"), SSL_FILETYPE_ASN1));
    SHOW(SSL_use_PrivateKey_file(ssl, pki("ecdsa.key.der"), SSL_FILETYPE_ASN1));
    SHOW(SSL_use_RSAPrivateKey_file(ssl, pki("rsa-trad.key"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW_PTR(SSL_get_certificate(ssl));
    SHOW_PTR(SSL_get_privatekey(ssl));
    show_own(ctx);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- memory ---- */

static void from_memory(void)
{
    unsigned char cert[4096], key[4096];
    long cert_len = load_bytes("ecdsa.cert.der", cert, sizeof cert), key_len = load_bytes("ecdsa.key.der", key, sizeof key);
    SSL_CTX *ctx = server_context();
    SSL *ssl;

    SECTION("memory");
    SHOW(SSL_CTX_use_certificate_ASN1(ctx, (int)cert_len, cert));
    SHOW(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, ctx, key, key_len));
    SHOW(SSL_CTX_check_private_key(ctx));
    show_own(ctx);
    try_server(ctx);
    SHOW(SSL_CTX_use_certificate_ASN1(ctx, (int)cert_len - 1, cert));
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate_ASN1(ctx, 0, cert));
    SHOW_ERR();
    SHOW(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, ctx, key, key_len - 1));
    ERR_clear_error();
    SHOW(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_RSA, ctx, key, key_len));
    SHOW_ERR();
    show_own(ctx);
    ssl = SSL_new(ctx);
    SHOW(SSL_use_certificate_ASN1(ssl, cert, (int)cert_len));
    SHOW(SSL_use_PrivateKey_ASN1(EVP_PKEY_EC, ssl, key, key_len));
    key_len = load_bytes("ecdsa.trad.der", key, sizeof key);
    SHOW(SSL_use_PrivateKey_ASN1(EVP_PKEY_EC, ssl, key, key_len));
    SHOW(SSL_use_certificate_ASN1(ssl, key, (int)key_len));
    SHOW_ERR();
    SHOW(SSL_check_private_key(ssl));
    cert_len = load_bytes("rsa.cert.der", cert, sizeof cert);
    key_len = load_bytes("rsa.trad.der", key, sizeof key);
    SHOW(SSL_use_certificate_ASN1(ssl, cert, (int)cert_len));
    SHOW(SSL_use_RSAPrivateKey_ASN1(ssl, key, key_len));
    SHOW(SSL_CTX_use_RSAPrivateKey_ASN1(ctx, key, key_len));
    SHOW(SSL_check_private_key(ssl));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void from_objects(void)
{
    X509 *cert = load_cert("ecdsa.pem"), *rsa_cert = load_cert("rsa.pem");
    EVP_PKEY *key = load_key("ecdsa.key"), *rsa_key = load_key("rsa.key"), *wrong = load_key("deep.key");
    RSA *rsa = EVP_PKEY_get1_RSA(rsa_key);
    SSL_CTX *ctx = server_context();
    SSL *ssl;

    SECTION("objects");
    SHOW(SSL_CTX_use_certificate(ctx, NULL));
    SHOW_ERR();
    SHOW(SSL_CTX_use_PrivateKey(ctx, NULL));
    SHOW_ERR();
    SHOW(SSL_CTX_use_RSAPrivateKey(ctx, NULL));
    SHOW_ERR();
    SHOW_PTR(SSL_CTX_get0_certificate(ctx));
    SHOW_PTR(SSL_CTX_get0_privatekey(ctx));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate(ctx, cert));
    CHECK(SSL_CTX_get0_certificate(ctx) == cert);
    SHOW_PTR(SSL_CTX_get0_privatekey(ctx));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW_ERR();
    SHOW(SSL_CTX_use_PrivateKey(ctx, wrong));
    SHOW_ERR();
    SHOW_PTR(SSL_CTX_get0_privatekey(ctx));
    SHOW(SSL_CTX_use_PrivateKey(ctx, key));
    CHECK(SSL_CTX_get0_privatekey(ctx) == key);
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CTX_use_RSAPrivateKey(ctx, rsa));
    show_own(ctx);
    SHOW(SSL_CTX_use_certificate(ctx, rsa_cert));
    show_own(ctx);
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW_ERR();
    ssl = SSL_new(ctx);
    CHECK(SSL_get_certificate(ssl) == rsa_cert);
    SHOW_PTR(SSL_get_privatekey(ssl));
    SHOW(SSL_use_certificate(ssl, NULL));
    SHOW_ERR();
    SHOW(SSL_use_PrivateKey(ssl, NULL));
    SHOW_ERR();
    SHOW(SSL_use_certificate(ssl, cert));
    CHECK(SSL_get_certificate(ssl) == cert);
    CHECK(SSL_get_privatekey(ssl) == key);
    SHOW(SSL_use_PrivateKey(ssl, rsa_key));
    SHOW(SSL_use_RSAPrivateKey(ssl, rsa));
    SHOW(SSL_check_private_key(ssl));
    CHECK(SSL_CTX_get0_certificate(ctx) == rsa_cert);
    SHOW_ERR();
    SSL_free(ssl);
    try_server(ctx);
    SSL_CTX_free(ctx);
    X509_free(cert);
    X509_free(rsa_cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(rsa_key);
    EVP_PKEY_free(wrong);
    RSA_free(rsa);
}

/* A new certificate throws away a key that does not belong to it; a key must belong to the certificate. */
static void mismatches(void)
{
    static const char *const orders[][4] = {
        { "c:ecdsa", "k:deep", NULL }, { "k:ecdsa", "c:deep", NULL }, { "c:ecdsa", "k:ecdsa", "c:deep", NULL }, { "c:ecdsa", "k:rsa", NULL },
        { "k:ecdsa", "c:rsa", "k:rsa", NULL }, { "c:p384", "k:ecdsa", NULL }, { "c:ed25519", "k:ed25519", NULL }, { "c:rsa", "k:rsapss", NULL },
        { "c:rsapss", "k:rsa", NULL }, { "c:rsapss", "k:rsapss", NULL }, { "k:rsa", "c:rsa", NULL }, { "k:ecdsa", "c:p521", NULL },
    };

    SECTION("mismatches");
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        SSL_CTX *ctx = server_context();

        for (const char *const *step = orders[i]; *step != NULL; step++) {
            int ret = **step == 'c' ? SSL_CTX_use_certificate_file(ctx, pki_of(*step + 2, ".pem"), SSL_FILETYPE_PEM)
                                    : SSL_CTX_use_PrivateKey_file(ctx, pki_of(*step + 2, ".key"), SSL_FILETYPE_PEM);

            printf("%s %s = %d\n", step == orders[i] ? "--" : "  ", *step, ret);
            SHOW_ERR();
        }
        SHOW(SSL_CTX_check_private_key(ctx));
        SHOW_ERR();
        show_own(ctx);
        SSL_CTX_free(ctx);
    }
}

static void cert_and_key(void)
{
    X509 *cert = load_cert("ecdsa-leaf.pem"), *inter = load_cert("inter.pem");
    EVP_PKEY *key = load_key("ecdsa-leaf.key"), *wrong = load_key("ecdsa.key");
    STACK_OF(X509) *chain = sk_X509_new_null();
    SSL_CTX *ctx = server_context();
    SSL *ssl;

    SECTION("SSL_CTX_use_cert_and_key");
    sk_X509_push(chain, inter);
    SHOW(SSL_CTX_use_cert_and_key(ctx, NULL, key, chain, 0));
    ERR_clear_error();
    SHOW(SSL_CTX_use_cert_and_key(ctx, cert, wrong, chain, 0));
    SHOW_ERR();
    SHOW(SSL_CTX_use_cert_and_key(ctx, cert, NULL, chain, 0));
    SHOW_ERR();
    show_own(ctx);
    SHOW(SSL_CTX_use_cert_and_key(ctx, cert, key, chain, 0));
    SHOW_ERR();
    SHOW(SSL_CTX_use_cert_and_key(ctx, cert, key, chain, 1));
    show_own(ctx);
    try_server(ctx);
    SHOW(SSL_CTX_use_cert_and_key(ctx, cert, key, NULL, 1));
    show_own(ctx);
    ssl = SSL_new(ctx);
    SHOW(SSL_use_cert_and_key(ssl, cert, key, chain, 0));
    SHOW_ERR();
    SHOW(SSL_use_cert_and_key(ssl, cert, wrong, chain, 1));
    SHOW_ERR();
    SHOW(SSL_use_cert_and_key(ssl, cert, key, chain, 1));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    sk_X509_pop_free(chain, X509_free);
    X509_free(cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(wrong);
}

/* ---- passwords ---- */

static int asked;

static int password(char *buf, int size, int rwflag, void *data)
{
    const char *text = data == NULL ? "" : data;

    asked++;
    printf("  password callback: size %d, rwflag %d, data \"%s\"\n", size, rwflag, text);
    if (strcmp(text, "fails") == 0)
        return -1;
    snprintf(buf, (size_t)size, "%s", text);
    return (int)strlen(text);
}

static void passwords(void)
{
    static const char *const files[] = { "ecdsa-enc.key", "ecdsa-encpem.key", "rsa-encpem.key", "ecdsa.key" };
    static const char *const data[] = { "secret", "wrong", "", "fails" };

    SECTION("passwords");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        for (size_t j = 0; j < sizeof data / sizeof *data; j++) {
            SSL_CTX *ctx = server_context();

            printf("-- %s, \"%s\"\n", files[i], data[j]);
            asked = 0;
            SSL_CTX_set_default_passwd_cb(ctx, password);
            SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)data[j]);
            CHECK(SSL_CTX_get_default_passwd_cb(ctx) == password);
            CHECK(SSL_CTX_get_default_passwd_cb_userdata(ctx) == data[j]);
            SHOW(SSL_CTX_use_PrivateKey_file(ctx, pki(files[i]), SSL_FILETYPE_PEM));
            if (j == 0)
                SHOW_ERR();
            else
                printf("  last error: %s\n", ERR_reason_error_string(ERR_peek_last_error()));
            ERR_clear_error();
            SHOW(asked);
            SSL_CTX_free(ctx);
        }
    }
}

static void passwords_of_connections(void)
{
    SSL_CTX *ctx = server_context();
    SSL *ssl;

    SECTION("passwords of a connection");
    SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)"secret");
    printf("-- user data without a callback is the password itself\n");
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, pki("ecdsa-enc.key"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_set_default_passwd_cb(ctx, password);
    ssl = SSL_new(ctx);
    CHECK(SSL_get_default_passwd_cb(ssl) == password);
    SHOW_STR(SSL_get_default_passwd_cb_userdata(ssl));
    SHOW(SSL_use_PrivateKey_file(ssl, pki("rsa-encpem.key"), SSL_FILETYPE_PEM));
    SSL_set_default_passwd_cb_userdata(ssl, (void *)"wrong");
    SHOW(SSL_use_PrivateKey_file(ssl, pki("rsa-encpem.key"), SSL_FILETYPE_PEM));
    ERR_clear_error();
    SSL_set_default_passwd_cb(ssl, NULL);
    SSL_set_default_passwd_cb_userdata(ssl, (void *)"secret");
    SHOW(SSL_use_PrivateKey_file(ssl, pki("ecdsa-encpem.key"), SSL_FILETYPE_PEM));
    CHECK(SSL_get_default_passwd_cb(ssl) == NULL);
    CHECK(SSL_CTX_get_default_passwd_cb(ctx) == password);
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* Weak keys and digests are refused where they are set. */
static void security_level(void)
{
    SSL_CTX *ctx = server_context();

    SECTION("security level");
    SHOW(SSL_CTX_get_security_level(ctx));
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("weak.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate_chain_file(ctx, pki("weak.pem")));
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("sha1.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_set_security_level(ctx, 0);
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("weak.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("sha1.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_set_security_level(ctx, 4);
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("ecdsa.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("p384.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_free(ctx);
}

int main(void)
{
    from_files();
    from_files_into_connection();
    from_memory();
    from_objects();
    mismatches();
    cert_and_key();
    passwords();
    passwords_of_connections();
    security_level();
    return 0;
}
