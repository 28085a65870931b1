/* Which certificate is shown: what callbacks and flags change about it, what the peer's wishes rule out. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA methods are still used */
#include "call.h"
#include "load.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

static void use_pair(SSL_CTX *ctx, const char *name)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, pki_of(name, ".pem")) != 1 || SSL_CTX_use_PrivateKey_file(ctx, pki_of(name, ".key"), SSL_FILETYPE_PEM) != 1)
        check_give_up(name);
}

static void show_subject(const char *label, X509 *cert)
{
    char name[200];

    printf("  %s: %s, key type %d\n", label, cert == NULL ? "none" : X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof name),
           cert == NULL ? -1 : EVP_PKEY_get_base_id(X509_get0_pubkey(cert)));
}

/* One handshake, and what each side then knows of the certificates. */
static void run(SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client, *server;
    struct pair_result result;

    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    pair_show("  handshake", &result);
    if (result.ok) {
        show_subject("server's, as the client sees it", SSL_get0_peer_certificate(client));
        show_subject("server's own", SSL_get_certificate(server));
        printf("  chain of %d\n", sk_X509_num(SSL_get_peer_cert_chain(client)));
        show_subject("client's, as the server sees it", SSL_get0_peer_certificate(server));
        printf("  suite %s\n", SSL_get_cipher(client));
    }
    ERR_clear_error();
    pair_free(client, server);
}

static void ask_for_certificate(SSL_CTX *server)
{
    SSL_CTX_load_verify_file(server, pki("ca.pem"));
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
}

/* ---- SSL_check_chain ---- */

static const char *const all_names[] = { "rsa", "rsapss", "ecdsa", "p384", "p521", "ed25519", "weak", "badkeyusage", "multi" };

static void check_all(SSL *ssl)
{
    X509 *inter = load_cert("inter.pem"), *leaf = load_cert("ecdsa-leaf.pem");
    EVP_PKEY *leaf_key = load_key("ecdsa-leaf.key");
    STACK_OF(X509) *chain = sk_X509_new_null();

    sk_X509_push(chain, inter);
    for (size_t i = 0; i < sizeof all_names / sizeof *all_names; i++) {
        char cert_file[100], key_file[100];
        X509 *cert;
        EVP_PKEY *key;

        /* a peer's wish for RSA-PSS keys in TLS 1.2 is a test of key_types.c */
        if (strcmp(all_names[i], "rsapss") == 0 && SSL_version(ssl) == TLS1_2_VERSION)
            continue;
        snprintf(cert_file, sizeof cert_file, "%s.pem", all_names[i]);
        snprintf(key_file, sizeof key_file, "%s.key", all_names[i]);
        cert = load_cert(cert_file);
        key = load_key(key_file);
        printf("  %s: %x\n", all_names[i], (unsigned)SSL_check_chain(ssl, cert, key, NULL));
        X509_free(cert);
        EVP_PKEY_free(key);
    }
    printf("  with a chain: %x\n", (unsigned)SSL_check_chain(ssl, leaf, leaf_key, chain));
    printf("  without a key: %x\n", (unsigned)SSL_check_chain(ssl, leaf, NULL, chain));
    printf("  without a certificate: %x\n", (unsigned)SSL_check_chain(ssl, NULL, leaf_key, chain));
    sk_X509_pop_free(chain, X509_free);
    X509_free(leaf);
    EVP_PKEY_free(leaf_key);
}

static int check_in_callback(SSL *ssl, void *arg)
{
    const unsigned char *types = NULL;
    long count = SSL_get0_certificate_types(ssl, &types);

    (void)arg;
    printf(" certificate callback of the %s, types:", SSL_is_server(ssl) ? "server" : "client");
    /* what a server sends of these may differ in order, and in DSA */
    printf("%s", count > 0 && memchr(types, TLS_CT_RSA_SIGN, (size_t)count) != NULL ? " RSA" : "");
    printf("%s\n", count > 0 && memchr(types, TLS_CT_ECDSA_SIGN, (size_t)count) != NULL ? " ECDSA" : "");
    check_all(ssl);
    return 1;
}

static void check_chain(int version)
{
    static const char *const lists[] = { NULL, "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256", "ed25519:rsa_pkcs1_sha256:rsa_pss_rsae_sha256", "rsa_pss_pss_sha256:rsa_pss_rsae_sha256:ecdsa_secp384r1_sha384" };

    for (int strict = 0; strict < 2; strict++) {
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
            struct contexts ctx = contexts_new("rsa", version);

            use_pair(ctx.server, "ecdsa");
            printf("-- %s, strict %d\n", lists[i] == NULL ? "the default" : lists[i], strict);
            SSL_CTX_set_security_level(ctx.client, 0);
            SSL_CTX_set_security_level(ctx.server, 0);
            if (lists[i] != NULL) {
                SSL_CTX_set1_sigalgs_list(ctx.client, lists[i]);
                SSL_CTX_set1_client_sigalgs_list(ctx.server, lists[i]);
            }
            SSL_CTX_set1_groups_list(ctx.client, "X25519:P-256");
            if (strict) {
                SSL_CTX_set_cert_flags(ctx.client, SSL_CERT_FLAG_TLS_STRICT);
                SSL_CTX_set_cert_flags(ctx.server, SSL_CERT_FLAG_TLS_STRICT);
            }
            ask_for_certificate(ctx.server);
            SSL_CTX_set_client_CA_list(ctx.server, SSL_load_client_CA_file(pki("ca.pem")));
            SSL_CTX_set_cert_cb(ctx.client, check_in_callback, NULL);
            SSL_CTX_set_cert_cb(ctx.server, check_in_callback, NULL);
            run(ctx.client, ctx.server);
            contexts_free(&ctx);
        }
    }
}

static void check_chain_outside(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("SSL_check_chain before a handshake");
    SSL_set_accept_state(ssl);
    check_all(ssl);
    SSL_set_connect_state(ssl);
    check_all(ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- strict mode ---- */

static void strict(int version)
{
    static const struct { const char *cert, *sigalgs; } servers[] = {
        { "ecdsa", NULL }, { "ecdsa", "ecdsa_secp384r1_sha384:ecdsa_secp256r1_sha256" }, { "ecdsa", "ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256" },
        { "rsa", "rsa_pss_rsae_sha256" }, { "rsa", "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256" }, { "ed25519", "ed25519" }, { "ecdsa-chain", "ecdsa_secp256r1_sha256" },
    };
    static const char *const issuers[] = { NULL, "ca.pem", "otherca.pem" }, *const clients[] = { "client", "client-rsa", "ed25519", "client-chain" };

    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        struct contexts ctx = contexts_new(servers[i].cert, version);

        printf("-- server %s, client accepts %s\n", servers[i].cert, servers[i].sigalgs == NULL ? "the default" : servers[i].sigalgs);
        SHOW(SSL_CTX_set_cert_flags(ctx.server, SSL_CERT_FLAG_TLS_STRICT));
        if (servers[i].sigalgs != NULL)
            SHOW(SSL_CTX_set1_sigalgs_list(ctx.client, servers[i].sigalgs));
        run(ctx.client, ctx.server);
        contexts_free(&ctx);
    }
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        for (size_t j = 0; j < sizeof issuers / sizeof *issuers; j++) {
            struct contexts ctx = contexts_new("ecdsa", version);

            printf("-- client %s, server names %s\n", clients[i], issuers[j] == NULL ? "nobody" : issuers[j]);
            SSL_CTX_set_cert_flags(ctx.client, SSL_CERT_FLAG_TLS_STRICT);
            use_pair(ctx.client, clients[i]);
            ask_for_certificate(ctx.server);
            if (issuers[j] != NULL)
                SSL_CTX_set_client_CA_list(ctx.server, SSL_load_client_CA_file(pki(issuers[j])));
            run(ctx.client, ctx.server);
            contexts_free(&ctx);
        }
    }
}

/* ---- what rules a certificate out ---- */

static void ruled_out(int version)
{
    struct contexts ctx;

    printf("-- key usage without signatures\n");
    ctx = contexts_new("badkeyusage", version);
    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
    run(ctx.client, ctx.server);
    printf("-- and RSA beside it\n");
    use_pair(ctx.server, "rsa");
    run(ctx.client, ctx.server);
    contexts_free(&ctx);

    printf("-- P-384, and a client without the group\n");
    ctx = contexts_new("p384", version);
    SSL_CTX_set1_groups_list(ctx.client, "X25519:P-256");
    run(ctx.client, ctx.server);
    printf("-- and RSA beside it\n");
    use_pair(ctx.server, "rsa");
    run(ctx.client, ctx.server);
    contexts_free(&ctx);

    printf("-- no certificate\n");
    ctx = contexts_new(NULL, version);
    run(ctx.client, ctx.server);
    printf("-- no key\n");
    SSL_CTX_use_certificate_file(ctx.server, pki("ecdsa.pem"), SSL_FILETYPE_PEM);
    run(ctx.client, ctx.server);
    contexts_free(&ctx);

    printf("-- a security level raised later\n");
    ctx = contexts_new("ecdsa", version);
    SSL_CTX_set_security_level(ctx.server, 4);
    run(ctx.client, ctx.server);
    contexts_free(&ctx);

    printf("-- a short RSA key at a low level\n");
    ctx = contexts_new(NULL, version);
    SSL_CTX_set_security_level(ctx.server, 0);
    SSL_CTX_set_security_level(ctx.client, 0);
    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
    use_pair(ctx.server, "weak");
    run(ctx.client, ctx.server);
    contexts_free(&ctx);
}

/* The server prefers its own order where it says so. */
static void preference(int version)
{
    static const char *const lists[] = { "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256" };

    for (int own = 0; own < 2; own++) {
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
            for (size_t j = 0; j < sizeof lists / sizeof *lists; j++) {
                struct contexts ctx = contexts_new("rsa", version);

                use_pair(ctx.server, "ecdsa");
                printf("-- client %s, server %s, own order %d\n", lists[i], lists[j], own);
                SHOW(SSL_CTX_set1_sigalgs_list(ctx.client, lists[i]));
                SHOW(SSL_CTX_set1_sigalgs_list(ctx.server, lists[j]));
                if (own)
                    SSL_CTX_set_options(ctx.server, SSL_OP_CIPHER_SERVER_PREFERENCE);
                run(ctx.client, ctx.server);
                contexts_free(&ctx);
            }
        }
    }
}

/* ---- the client certificate callback ---- */

static int answer;
static const char *cert_given, *key_given;

static int give(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    (void)ssl;
    printf("  client certificate callback\n");
    if (cert_given != NULL)
        *cert = load_cert(cert_given);
    if (key_given != NULL)
        *key = load_key(key_given);
    return answer;
}

static void client_callback(int version)
{
    static const struct { int answer; const char *cert, *key; } ways[] = {
        { 1, "client.pem", "client.key" }, { 0, NULL, NULL }, { 1, "client.pem", NULL }, { 1, NULL, NULL }, { 1, "client.pem", "deep.key" }, { 1, "weak.pem", "weak.key" }, { 1, "ed25519.pem", "ed25519.key" },
    };

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct contexts ctx = contexts_new("ecdsa", version);

        printf("-- answers %d with %s and %s\n", ways[i].answer, ways[i].cert == NULL ? "nothing" : ways[i].cert, ways[i].key == NULL ? "nothing" : ways[i].key);
        answer = ways[i].answer;
        cert_given = ways[i].cert;
        key_given = ways[i].key;
        ask_for_certificate(ctx.server);
        SSL_CTX_set_client_cert_cb(ctx.client, give);
        CHECK(SSL_CTX_get_client_cert_cb(ctx.client) == give);
        run(ctx.client, ctx.server);
        printf("-- with a certificate of its own\n");
        use_pair(ctx.client, "client-rsa");
        run(ctx.client, ctx.server);
        printf("-- which the server cannot use\n");
        SSL_CTX_set1_client_sigalgs_list(ctx.server, "ECDSA+SHA256:ed25519");
        run(ctx.client, ctx.server);
        SSL_CTX_set_client_cert_cb(ctx.client, NULL);
        CHECK(SSL_CTX_get_client_cert_cb(ctx.client) == NULL);
        contexts_free(&ctx);
    }
}

static int fail_as_client(SSL *ssl, void *arg)
{
    (void)ssl;
    (void)arg;
    return 0;
}

static void failing_callback(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);

    ask_for_certificate(ctx.server);
    SSL_CTX_set_cert_cb(ctx.client, fail_as_client, NULL);
    run(ctx.client, ctx.server);
    printf("-- which is not asked unless the server asks\n");
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_NONE, NULL);
    run(ctx.client, ctx.server);
    contexts_free(&ctx);
}

/* ---- another context ---- */

static SSL_CTX *other;

static int switch_context(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    SSL_set_SSL_CTX(ssl, other);
    printf("  now: level %d, certificate flags %ld\n", SSL_get_security_level(ssl), SSL_set_cert_flags(ssl, 0));
    return SSL_TLSEXT_ERR_OK;
}

static int ignored(SSL *ssl, void *arg)
{
    (void)ssl;
    printf("  certificate callback %s\n", (const char *)arg);
    return 1;
}

static void moved(int version)
{
    struct contexts ctx = contexts_new("rsa", version);

    other = new_server_ctx("ecdsa");
    SSL_CTX_set_tlsext_servername_callback(ctx.server, switch_context);
    SSL_CTX_set_cert_cb(ctx.server, ignored, (void *)"of the first");
    SSL_CTX_set_cert_cb(other, ignored, (void *)"of the second");
    SSL_CTX_set_security_level(other, 3);
    SSL_CTX_set_cert_flags(other, SSL_CERT_FLAG_TLS_STRICT);
    run(ctx.client, ctx.server);
    printf("-- signature algorithms move too\n");
    SSL_CTX_set_security_level(other, 2);
    SSL_CTX_set1_sigalgs_list(other, "ecdsa_secp384r1_sha384:ecdsa_secp256r1_sha256");
    SSL_CTX_set1_sigalgs_list(ctx.server, "ed25519");
    run(ctx.client, ctx.server);
    SSL_CTX_free(other);
    contexts_free(&ctx);
}

/* ---- names of issuers that a client sends ---- */

static int show_issuers(SSL *ssl, void *arg)
{
    const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(ssl);
    char text[200];

    (void)arg;
    printf("  the client named %d", names == NULL ? -1 : sk_X509_NAME_num(names));
    for (int i = 0; names != NULL && i < sk_X509_NAME_num(names); i++)
        printf(" %s", X509_NAME_oneline(sk_X509_NAME_value(names, i), text, sizeof text));
    printf("\n");
    return 1;
}

static void named_by_client(int version)
{
    static const char *const files[] = { NULL, "ca.pem", "bundle.pem" };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct contexts ctx = contexts_new("ecdsa", version);

        printf("-- %s\n", files[i] == NULL ? "nobody" : files[i]);
        if (files[i] != NULL)
            SSL_CTX_set0_CA_list(ctx.client, SSL_load_client_CA_file(pki(files[i])));
        SSL_CTX_set_client_CA_list(ctx.client, SSL_load_client_CA_file(pki("inter.pem")));
        SSL_CTX_set_cert_cb(ctx.server, show_issuers, NULL);
        run(ctx.client, ctx.server);
        contexts_free(&ctx);
    }
}

/* ---- keys that stay where they are ---- */

static int signatures;
static int (*plain_encrypt)(int, const unsigned char *, unsigned char *, RSA *, int);

static int counting_encrypt(int len, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
    signatures++;
    return plain_encrypt(len, from, to, rsa, padding);
}

static void own_method(int version)
{
    struct contexts ctx = contexts_new(NULL, version);
    EVP_PKEY *key = load_key("rsa.key");
    RSA *rsa = EVP_PKEY_get1_RSA(key);
    RSA_METHOD *method = RSA_meth_dup(RSA_get_default_method());
    X509 *cert = load_cert("rsa.pem");
    EVP_PKEY *wrapped = EVP_PKEY_new();

    plain_encrypt = RSA_meth_get_priv_enc(method);
    RSA_meth_set_priv_enc(method, counting_encrypt);
    RSA_set_method(rsa, method);
    SHOW(EVP_PKEY_assign_RSA(wrapped, rsa));
    SHOW(SSL_CTX_use_certificate(ctx.server, cert));
    SHOW(SSL_CTX_use_PrivateKey(ctx.server, wrapped));
    signatures = 0;
    run(ctx.client, ctx.server);
    SHOW(signatures);
    EVP_PKEY_free(wrapped);
    EVP_PKEY_free(key);
    X509_free(cert);
    contexts_free(&ctx);
    RSA_meth_free(method);
}

static void public_only(int version)
{
    struct contexts ctx = contexts_new(NULL, version);
    X509 *cert = load_cert("ecdsa.pem");

    SHOW(SSL_CTX_use_cert_and_key(ctx.server, cert, NULL, NULL, 1));
    SHOW(SSL_CTX_check_private_key(ctx.server));
    run(ctx.client, ctx.server);
    X509_free(cert);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("SSL_check_chain", check_chain);
    check_chain_outside();
    in_both_versions("strict mode", strict);
    in_both_versions("ruled out", ruled_out);
    in_both_versions("preference", preference);
    in_both_versions("client certificate callback", client_callback);
    in_both_versions("failing certificate callback of a client", failing_callback);
    in_both_versions("another context", moved);
    in_both_versions("names that a client sends", named_by_client);
    in_both_versions("a key with its own method", own_method);
    in_both_versions("a public key in place of the private one", public_only);
    return 0;
}
