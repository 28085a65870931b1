/* What is known of a verified peer when its session is resumed, and which settings count then. */
#include "call.h"

#include <openssl/x509v3.h>

static void show(const char *label, SSL *ssl)
{
    X509 *cert = SSL_get0_peer_certificate(ssl);
    SSL_SESSION *session = SSL_get0_session(ssl);
    char name[100];

    printf("  %s: result %ld, certificate %s, verified %d, reused %d, session's %d\n", label, SSL_get_verify_result(ssl),
           cert == NULL ? "none" : X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof name), sk_X509_num(SSL_get0_verified_chain(ssl)),
           SSL_session_reused(ssl), session == NULL ? -1 : SSL_SESSION_get0_peer(session) == cert);
    if (cert != NULL)
        printf("  chain of %d\n", sk_X509_num(SSL_get_peer_cert_chain(ssl)));
}

static int agree(int ok, X509_STORE_CTX *store)
{
    printf("  callback: ok %d, depth %d, error %d\n", ok, X509_STORE_CTX_get_error_depth(store), X509_STORE_CTX_get_error(store));
    return 1;
}

struct plan {
    const char *client_cert;
    int mode;
    int tickets;
};

static struct contexts plan_contexts(const struct plan *plan, int version)
{
    struct contexts ctx = contexts_new("ecdsa-chain", version);

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, plan->mode, agree);
    SSL_CTX_set_session_id_context(ctx.server, (const unsigned char *)"test", 4);
    if (!plan->tickets)
        SSL_CTX_set_options(ctx.server, SSL_OP_NO_TICKET);
    if (plan->client_cert != NULL
        && (SSL_CTX_use_certificate_chain_file(ctx.client, pki_of(plan->client_cert, ".pem")) != 1
            || SSL_CTX_use_PrivateKey_file(ctx.client, pki_of(plan->client_cert, ".key"), SSL_FILETYPE_PEM) != 1))
        check_give_up(plan->client_cert);
    return ctx;
}

/* Connects, with `session` unless it is NULL; gives the session there is then. */
static SSL_SESSION *connect_once(struct contexts *ctx, SSL_SESSION *session)
{
    SSL *client, *server;
    struct pair_result result;

    pair_new(&client, &server, ctx->client, ctx->server);
    if (session != NULL) {
        SHOW(SSL_set_session(client, session));
        show("client before", client);
        SSL_SESSION_free(session);
    }
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    show("client", client);
    show("server", server);
    CHECK(pair_transfer(server, client, "data", 4));
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    return session;
}

static void plans(int version)
{
    static const struct plan list[] = {
        { NULL, SSL_VERIFY_NONE, 1 },
        { NULL, SSL_VERIFY_PEER, 1 },
        { "client", SSL_VERIFY_PEER, 1 },
        { "client", SSL_VERIFY_PEER, 0 },
        { "client-chain", SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, 1 },
        { "client-chain", SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, 0 },
        { "client-expired", SSL_VERIFY_PEER, 1 },
        { "client-expired", SSL_VERIFY_PEER, 0 },
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct contexts ctx = plan_contexts(&list[i], version);
        SSL_SESSION *session;

        printf("-- %s, mode %d, tickets %d\n", list[i].client_cert == NULL ? "none" : list[i].client_cert, list[i].mode, list[i].tickets);
        session = connect_once(&ctx, NULL);
        session = connect_once(&ctx, session);
        printf("-- required now\n");
        SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, agree);
        session = connect_once(&ctx, session);
        printf("-- nothing is trusted any more\n");
        SSL_CTX_set_cert_store(ctx.server, X509_STORE_new());
        SSL_CTX_set_cert_store(ctx.client, X509_STORE_new());
        session = connect_once(&ctx, session);
        SSL_SESSION_free(session);
        contexts_free(&ctx);
    }
}

int main(void)
{
    in_both_versions("resumed peers", plans);
    return 0;
}
