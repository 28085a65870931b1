/* Key types side by side: which certificate a client gets for what it accepts, and what both sides say about it. */
#include "call.h"

static void add_pair(SSL_CTX *ctx, const char *name)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, pki_of(name, ".pem")) != 1 || SSL_CTX_use_PrivateKey_file(ctx, pki_of(name, ".key"), SSL_FILETYPE_PEM) != 1)
        check_give_up(name);
}

static void show_keys(const char *label, SSL *ssl)
{
    EVP_PKEY *tmp = NULL;
    X509 *peer = SSL_get0_peer_certificate(ssl);
    int mine = -1, theirs = -1, mine_type = -1, theirs_type = -1;

    SSL_get_signature_nid(ssl, &mine);
    SSL_get_peer_signature_nid(ssl, &theirs);
    SSL_get_signature_type_nid(ssl, &mine_type);
    SSL_get_peer_signature_type_nid(ssl, &theirs_type);
    printf("  %s: %s %s, own signature %d/%d, peer's %d/%d", label, SSL_get_version(ssl), SSL_get_cipher(ssl), mine, mine_type, theirs, theirs_type);
    if (peer != NULL)
        printf(", peer's key type %d of %d bits", EVP_PKEY_get_base_id(X509_get0_pubkey(peer)), EVP_PKEY_get_bits(X509_get0_pubkey(peer)));
    if (SSL_get_peer_tmp_key(ssl, &tmp) == 1) {
        printf(", temporary key type %d of %d bits", EVP_PKEY_get_base_id(tmp), EVP_PKEY_get_bits(tmp));
        EVP_PKEY_free(tmp);
    }
    printf("\n");
}

static void run(SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client, *server;
    struct pair_result result;

    pair_new(&client, &server, client_ctx, server_ctx);
    /* X25519MLKEM768 has no counterpart on the reference */
    SSL_set1_groups_list(client, "X25519:P-256:P-384:P-521");
    result = pair_handshake(client, server);
    if (!result.ok) {
        pair_show("  handshake", &result);
    } else {
        show_keys("client", client);
        show_keys("server", server);
        printf("  data both ways: %d\n", pair_transfer(client, server, "question", 8) + pair_transfer(server, client, "answer", 6));
    }
    ERR_clear_error();
    pair_free(client, server);
}

/* RSA-PSS keys in TLS 1.2 have a section of their own. */
static int apart(const char *name, int version)
{
    return version == TLS1_2_VERSION && (strcmp(name, "rsapss") == 0 || strncmp(name, "rsa_pss_pss", 11) == 0);
}

/* Each type alone, with what the client accepts by default. */
static void alone(int version)
{
    static const char *const names[] = { "rsa", "rsapss", "ecdsa", "p384", "p521", "ed25519" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct contexts ctx;

        if (apart(names[i], version))
            continue;
        ctx = contexts_new(names[i], version);
        printf("-- %s\n", names[i]);
        run(ctx.client, ctx.server);
        contexts_free(&ctx);
    }
}

/* Each type against each signature algorithm as the only one that the client accepts. */
static void by_algorithm(int version)
{
    static const char *const names[] = { "rsa", "rsapss", "ecdsa", "p384", "p521", "ed25519" };
    static const char *const algorithms[] = {
        "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512", "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pss_pss_sha256",
        "rsa_pss_pss_sha384", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t j = 0; j < sizeof algorithms / sizeof *algorithms; j++) {
            struct contexts ctx;

            if (apart(names[i], version) || apart(algorithms[j], version))
                continue;
            ctx = contexts_new(names[i], version);
            printf("-- %s, %s\n", names[i], algorithms[j]);
            SHOW(SSL_CTX_set1_sigalgs_list(ctx.client, algorithms[j]));
            run(ctx.client, ctx.server);
            contexts_free(&ctx);
        }
    }
}

/* All on one server: the client's order decides in TLS 1.3, the cipher in TLS 1.2. */
static void side_by_side(int version)
{
    static const char *const lists[] = {
        NULL, "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256", "ed25519:ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256",
        "rsa_pss_rsae_sha384:ed25519:ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256", "rsa_pkcs1_sha256:rsa_pss_rsae_sha256",
    };
    static const char *const ciphers[] = { "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-CHACHA20-POLY1305" };

    for (int order = 0; order < 2; order++) {
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
            struct contexts ctx = contexts_new(order == 0 ? "rsa" : "ed25519", version);

            add_pair(ctx.server, "ecdsa");
            add_pair(ctx.server, order == 0 ? "ed25519" : "rsa");
            printf("-- loaded %s last, client accepts %s\n", order == 0 ? "ed25519" : "rsa", lists[i] == NULL ? "the default" : lists[i]);
            if (lists[i] != NULL)
                SHOW(SSL_CTX_set1_sigalgs_list(ctx.client, lists[i]));
            run(ctx.client, ctx.server);
            contexts_free(&ctx);
        }
    }
    for (size_t i = 0; version == TLS1_2_VERSION && i < sizeof ciphers / sizeof *ciphers; i++) {
        struct contexts ctx = contexts_new("rsa", version);

        add_pair(ctx.server, "ecdsa");
        printf("-- %s\n", ciphers[i]);
        SHOW(SSL_CTX_set_cipher_list(ctx.client, ciphers[i]));
        run(ctx.client, ctx.server);
        contexts_free(&ctx);
    }
}

/* One slot for each type: the second certificate of a type takes the first one's place. */
static void one_slot(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);

    add_pair(ctx.server, "p384");
    printf("-- P-256, then P-384\n");
    run(ctx.client, ctx.server);
    add_pair(ctx.server, "rsa");
    add_pair(ctx.server, "p521");
    printf("-- RSA beside it, then P-521\n");
    run(ctx.client, ctx.server);
    contexts_free(&ctx);
}

/* The client's certificate is chosen by what the server asks for. */
static void clients(int version)
{
    static const char *const names[] = { "client-rsa", "rsapss", "client", "p384", "p521", "ed25519" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct contexts ctx;

        if (apart(names[i], version))
            continue;
        ctx = contexts_new("ecdsa", version);
        printf("-- %s\n", names[i]);
        add_pair(ctx.client, names[i]);
        SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
        SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        run(ctx.client, ctx.server);
        contexts_free(&ctx);
    }
    for (int i = 0; i < 3; i++) {
        static const char *const wanted[] = { "RSA-PSS+SHA256:RSA+SHA256", "ECDSA+SHA256", "ed25519" };
        struct contexts ctx = contexts_new("ecdsa", version);

        printf("-- three keys, the server wants %s\n", wanted[i]);
        add_pair(ctx.client, "client-rsa");
        add_pair(ctx.client, "client");
        add_pair(ctx.client, "ed25519");
        SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
        SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SHOW(SSL_CTX_set1_client_sigalgs_list(ctx.server, wanted[i]));
        run(ctx.client, ctx.server);
        contexts_free(&ctx);
    }
}

/* Each type against the other library, as server and as client. */
static void serve(int fd, const char *arg)
{
    SSL_CTX *ctx = new_server_ctx(arg);
    SSL *ssl = SSL_new(ctx);
    char buf[16];

    SSL_CTX_load_verify_file(ctx, pki("ca.pem"));
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_set_fd(ssl, fd);
    CALL(ssl, SSL_accept(ssl));
    CALL(ssl, SSL_read(ssl, buf, sizeof buf));
    CALL(ssl, SSL_write(ssl, "answer", 6));
    printf("verify result %ld\n", SSL_get_verify_result(ssl));
    SSL_shutdown(ssl);
    remote_drain(fd);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void against_other(int version)
{
    static const char *const names[] = { "rsa", "rsapss", "ecdsa", "p384", "p521", "ed25519" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct contexts ctx;
        struct remote peer;
        SSL *ssl;
        char buf[16];

        if (apart(names[i], version))
            continue;
        ctx = contexts_new("ecdsa", version);
        printf("-- %s on both sides\n", names[i]);
        add_pair(ctx.client, names[i]);
        remote_start(&peer, "serve", names[i]);
        ssl = SSL_new(ctx.client);
        SSL_set_fd(ssl, peer.fd);
        CALL(ssl, SSL_connect(ssl));
        CALL(ssl, SSL_write(ssl, "question", 8));
        CALL(ssl, SSL_read(ssl, buf, sizeof buf));
        SSL_shutdown(ssl);
        SSL_free(ssl);
        remote_finish(&peer);
        contexts_free(&ctx);
    }
}

/* ---- RSA-PSS keys in TLS 1.2 ---- */

static void serve_old(int fd, const char *arg)
{
    SSL_CTX *ctx = new_server_ctx(arg);
    SSL *ssl = SSL_new(ctx);

    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1)
        SSL_shutdown(ssl);
    remote_drain(fd);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void pss_in_tls12(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    struct remote peer;
    SSL *client, *server;

    SECTION("RSA-PSS keys in TLS 1.2");
    remote_start(&peer, "serve_old", "rsapss");
    client = SSL_new(ctx.client);
    SSL_set_fd(client, peer.fd);
    printf("client of a server with such a key: %d\n", SSL_connect(client) == 1);
    SSL_free(client);
    remote_finish(&peer);

    add_pair(ctx.client, "rsapss");
    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_max_proto_version(ctx.server, TLS1_2_VERSION);
    pair_new(&client, &server, ctx.client, ctx.server);
    printf("server of a client with such a key: %d\n", pair_handshake(client, server).ok);
    ERR_clear_error();
    pair_free(client, server);

    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_max_proto_version(ctx.client, TLS1_2_VERSION);
    SSL_CTX_set1_sigalgs_list(ctx.client, "rsa_pss_pss_sha256");
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_do_handshake(client));
    ERR_clear_error();
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "serve", serve }, { "serve_old", serve_old }, { NULL, NULL } };

    remote_main(argc, argv, roles);
    in_both_versions("each type alone", alone);
    in_both_versions("by signature algorithm", by_algorithm);
    in_both_versions("side by side", side_by_side);
    in_both_versions("one slot for a type", one_slot);
    in_both_versions("clients", clients);
    in_both_versions("against the other library", against_other);
    pss_in_tls12();
    return 0;
}
