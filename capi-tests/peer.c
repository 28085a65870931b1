/* What both sides know about each other after a handshake: randoms, Finished, exported keys, temporary keys, chain. */
#include "call.h"

#include <openssl/x509v3.h>

static struct contexts mutual(const char *server_cert, const char *client_cert, int version)
{
    struct contexts ctx = contexts_new(server_cert, version);

    if (client_cert != NULL) {
        SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
        SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        if (SSL_CTX_use_certificate_chain_file(ctx.client, pki_of(client_cert, ".pem")) != 1
            || SSL_CTX_use_PrivateKey_file(ctx.client, pki_of(client_cert, ".key"), SSL_FILETYPE_PEM) != 1)
            check_give_up(client_cert);
    }
    return ctx;
}

static int all_zero(const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] != 0)
            return 0;
    return 1;
}

/* ---- randoms ---- */

static void randoms(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    unsigned char a[64] = { 0 }, b[64] = { 0 }, c[64] = { 0 }, d[64] = { 0 };
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_get_client_random(client, NULL, 0));
    SHOW(SSL_get_server_random(client, NULL, 0));
    pair_connect(client, server);
    SHOW(SSL_get_client_random(client, a, sizeof a));
    SHOW(SSL_get_client_random(server, b, sizeof b));
    SHOW(SSL_get_server_random(client, c, sizeof c));
    SHOW(SSL_get_server_random(server, d, sizeof d));
    CHECK(memcmp(a, b, 32) == 0 && !all_zero(a, 32));
    CHECK(memcmp(c, d, 32) == 0 && !all_zero(c, 32));
    CHECK(memcmp(a, c, 32) != 0);
    SHOW(SSL_get_client_random(client, b, 10));
    CHECK(memcmp(a, b, 10) == 0);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- Finished ---- */

static void finished(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    unsigned char own[2][64], other[2][64];
    SSL *client, *server;
    size_t n[4];

    SSL_CTX_set_ciphersuites(ctx.client, "TLS_AES_128_GCM_SHA256");
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_get_finished(client, own[0], 64));
    SHOW(SSL_get_peer_finished(client, other[0], 64));
    pair_connect(client, server);
    n[0] = SSL_get_finished(client, own[0], 64);
    n[1] = SSL_get_finished(server, own[1], 64);
    n[2] = SSL_get_peer_finished(client, other[0], 64);
    n[3] = SSL_get_peer_finished(server, other[1], 64);
    printf("lengths %zu %zu %zu %zu\n", n[0], n[1], n[2], n[3]);
    CHECK(n[0] == n[3] && memcmp(own[0], other[1], n[0]) == 0);
    CHECK(n[1] == n[2] && memcmp(own[1], other[0], n[1]) == 0);
    CHECK(memcmp(own[0], own[1], n[0]) != 0);
    SHOW(SSL_get_finished(client, other[1], 4));
    CHECK(memcmp(own[0], other[1], 4) == 0);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- exported keys ---- */

static void export_one(SSL *client, SSL *server, const char *label, const char *context, int use_context)
{
    unsigned char a[48], b[48];
    size_t len = context == NULL ? 0 : strlen(context);
    int x = SSL_export_keying_material(client, a, sizeof a, label, strlen(label), (const unsigned char *)context, len, use_context);
    int y = SSL_export_keying_material(server, b, sizeof b, label, strlen(label), (const unsigned char *)context, len, use_context);

    printf("%s, context %s (%d): %d %d, equal %d\n", label, context == NULL ? "none" : context, use_context, x, y, x == 1 && y == 1 && memcmp(a, b, sizeof a) == 0);
    SHOW_ERR();
}

static void exporter(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    unsigned char a[48], b[48], c[48];
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_export_keying_material(client, a, sizeof a, "EXPORTER-test", 13, NULL, 0, 0));
    SHOW_ERR();
    pair_connect(client, server);
    export_one(client, server, "EXPORTER-test", NULL, 0);
    export_one(client, server, "EXPORTER-test", "context", 1);
    export_one(client, server, "EXPORTER-test", "", 1);
    export_one(client, server, "EXPORTER-Channel-Binding", "", 1);
    export_one(client, server, "EXPORTER-test", "context", 0);
    export_one(client, server, "client finished", NULL, 0);
    export_one(client, server, "master secret", NULL, 0);
    SSL_export_keying_material(client, a, sizeof a, "EXPORTER-test", 13, NULL, 0, 0);
    SSL_export_keying_material(client, b, sizeof b, "EXPORTER-test", 13, (const unsigned char *)"", 0, 1);
    SSL_export_keying_material(client, c, sizeof c, "EXPORTER-tesu", 13, NULL, 0, 0);
    printf("no context and empty context are the same: %d\n", memcmp(a, b, sizeof a) == 0);
    CHECK(memcmp(a, c, sizeof a) != 0);
    SHOW(SSL_export_keying_material(client, b, 16, "EXPORTER-test", 13, NULL, 0, 0));
    printf("a shorter one is the beginning of a longer one: %d\n", memcmp(a, b, 16) == 0);
    SHOW(SSL_export_keying_material_early(client, a, sizeof a, "EXPORTER-test", 13, NULL, 0));
    SHOW_ERR();
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Both libraries must derive the same keys. */
static void export_there(int fd, const char *arg)
{
    SSL_CTX *ctx = new_server_ctx("ecdsa");
    SSL *ssl = SSL_new(ctx);
    unsigned char key[32], seen[32 + 64];
    size_t n = 0;

    (void)arg;
    SSL_set_fd(ssl, fd);
    CHECK(SSL_accept(ssl) == 1);
    CHECK(SSL_export_keying_material(ssl, key, sizeof key, "EXPORTER-test", 13, (const unsigned char *)"both", 4, 1) == 1);
    CHECK(SSL_write(ssl, key, sizeof key) == sizeof key);
    n = SSL_get_finished(ssl, seen, 64);
    CHECK(SSL_write(ssl, seen, (int)n) == (int)n);
    CHECK(SSL_read(ssl, seen, 1) == 1);
    SSL_shutdown(ssl);
    remote_drain(fd);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void across(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    unsigned char here[32], there[32], sent[64], expected[64];
    struct remote peer;
    SSL *client;
    int n;

    remote_start(&peer, "export", NULL);
    client = SSL_new(ctx.client);
    SSL_set_fd(client, peer.fd);
    CALL(client, SSL_connect(client));
    SHOW(SSL_export_keying_material(client, here, sizeof here, "EXPORTER-test", 13, (const unsigned char *)"both", 4, 1));
    CALL(client, SSL_read(client, there, sizeof there));
    CHECK(memcmp(here, there, sizeof here) == 0);
    n = SSL_read(client, sent, sizeof sent);
    SHOW(n);
    CHECK(n == (int)SSL_get_peer_finished(client, expected, sizeof expected) && memcmp(sent, expected, (size_t)n) == 0);
    CALL(client, SSL_write(client, "!", 1));
    SSL_shutdown(client);
    SSL_free(client);
    remote_finish(&peer);
    contexts_free(&ctx);
}

/* ---- temporary keys and groups ---- */

static void groups(int version)
{
    static const char *const names[] = { "X25519", "P-256", "P-384", "P-521" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct contexts ctx = contexts_new("rsa", version);
        EVP_PKEY *own = NULL, *theirs = NULL;
        SSL *client, *server;

        SHOW(SSL_CTX_set1_groups_list(ctx.client, names[i]));
        pair_new(&client, &server, ctx.client, ctx.server);
        SHOW(SSL_get_peer_tmp_key(client, &theirs));
        SHOW(pair_handshake(client, server).ok);
        SHOW(SSL_get_peer_tmp_key(client, &theirs));
        SHOW(SSL_get_tmp_key(server, &own));
        if (theirs != NULL) {
            SHOW(EVP_PKEY_get_base_id(theirs));
            SHOW(EVP_PKEY_get_bits(theirs));
        }
        if (theirs != NULL && own != NULL)
            CHECK(EVP_PKEY_eq(own, theirs) == 1);
        EVP_PKEY_free(own);
        EVP_PKEY_free(theirs);
        SHOW(SSL_get_negotiated_group(client));
        SHOW(SSL_get_negotiated_group(server));
        SHOW(SSL_get_shared_group(server, 0));
        SHOW(SSL_get_shared_group(server, 1));
        SHOW(SSL_get_shared_group(client, 0));
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* ---- everything that describes the connection ---- */

static void describe(const char *label, SSL *ssl)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    int bits = 0, signature = -1, type = -1;

    printf("%s: %s (%04x), %s, %d of %d bits", label, SSL_get_version(ssl), SSL_version(ssl), cipher == NULL ? "none" : SSL_CIPHER_get_name(cipher),
           cipher == NULL ? 0 : SSL_CIPHER_get_bits(cipher, NULL), cipher == NULL ? 0 : (SSL_CIPHER_get_bits(cipher, &bits), bits));
    printf(", client version %04x, pending cipher %s", SSL_client_version(ssl), SSL_get_pending_cipher(ssl) == NULL ? "none" : SSL_CIPHER_get_name(SSL_get_pending_cipher(ssl)));
    printf(", peer chain of %d, certificate %s", chain == NULL ? -1 : sk_X509_num(chain), SSL_get0_peer_certificate(ssl) == NULL ? "none" : "there");
    SSL_get_peer_signature_nid(ssl, &signature);
    SSL_get_peer_signature_type_nid(ssl, &type);
    printf(", peer's signature %d %d, resumed %d, dtls %d\n", signature, type, SSL_session_reused(ssl), SSL_is_dtls(ssl));
}

static void description(int version)
{
    static const char *const certs[][2] = { { "ecdsa", NULL }, { "ecdsa", "client" }, { "ecdsa-chain", "client-chain" }, { "rsa", "ed25519" } };

    for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
        struct contexts ctx = mutual(certs[i][0], certs[i][1], version);
        SSL *client, *server;

        pair_new(&client, &server, ctx.client, ctx.server);
        describe("client before", client);
        SHOW(pair_handshake(client, server).ok);
        describe("client", client);
        describe("server", server);
        SHOW(SSL_get_secure_renegotiation_support(client));
        SHOW(SSL_get_secure_renegotiation_support(server));
        SHOW_PTR(SSL_get_current_compression(client));
        SHOW_PTR(SSL_get_current_expansion(client));
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* A peer's certificate outlives the connection when it was asked for with a count of its own. */
static void life_times(int version)
{
    struct contexts ctx = contexts_new("ecdsa-chain", version);
    STACK_OF(X509) *chain;
    SSL *client, *server;
    X509 *cert;
    char name[100];

    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    cert = SSL_get1_peer_certificate(client);
    chain = X509_chain_up_ref(SSL_get_peer_cert_chain(client));
    CHECK(SSL_get0_peer_certificate(client) == SSL_get0_peer_certificate(client));
    CHECK(SSL_get_peer_cert_chain(client) == SSL_get_peer_cert_chain(client));
    pair_free(client, server);
    contexts_free(&ctx);
    SHOW_STR(X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof name));
    SHOW(sk_X509_num(chain));
    SHOW(X509_check_host(cert, "localhost", 0, 0, NULL));
    X509_free(cert);
    sk_X509_pop_free(chain, X509_free);
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "export", export_there }, { NULL, NULL } };

    remote_main(argc, argv, roles);
    in_both_versions("randoms", randoms);
    in_both_versions("Finished", finished);
    in_both_versions("exported keys", exporter);
    in_both_versions("the same on the other library", across);
    in_both_versions("groups", groups);
    in_both_versions("description", description);
    in_both_versions("life times", life_times);
    return 0;
}
