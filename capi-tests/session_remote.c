/*
 * Sessions between processes and libraries: SSL_CTX_set_tlsext_ticket_keys, i2d_SSL_SESSION, PEM_write_bio_SSL_SESSION.
 * Servers with the same keys open each other's tickets, and a session that one client has saved another one offers.
 */
#include "call.h"

#include <openssl/pem.h>

static const char *const file = "session.pem";

static void use_keys(SSL_CTX *ctx)
{
    unsigned char keys[80];

    memset(keys, 0x6b, sizeof keys);
    if (SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof keys) != 1)
        check_give_up("SSL_CTX_set_tlsext_ticket_keys");
    if (SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"shared", 6) != 1)
        check_give_up("SSL_CTX_set_session_id_context");
}

static SSL_CTX *server_with_keys(void)
{
    SSL_CTX *ctx = new_server_ctx("ecdsa");

    use_keys(ctx);
    return ctx;
}

static SSL_CTX *client_of(int version)
{
    SSL_CTX *ctx = new_client_ctx();

    SSL_CTX_set_min_proto_version(ctx, version);
    SSL_CTX_set_max_proto_version(ctx, version);
    return ctx;
}

/* Serves one connection; says whether it was resumed. */
static void serve_on(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    unsigned int len;

    SSL_set_fd(ssl, fd);
    SHOW(SSL_accept(ssl));
    SHOW(SSL_session_reused(ssl));
    SHOW_STR(SSL_get_version(ssl));
    SHOW(SSL_SESSION_get_timeout(SSL_get_session(ssl)));
    SSL_SESSION_get0_id_context(SSL_get_session(ssl), &len);
    SHOW(len);
    SHOW(SSL_write(ssl, "hello", 5));
    SSL_shutdown(ssl);
    SSL_free(ssl);
}

static void serve(int fd, const char *arg)
{
    SSL_CTX *ctx = server_with_keys();

    (void)arg;
    serve_on(ctx, fd);
    remote_drain(fd);
    SSL_CTX_free(ctx);
}

/* Connects once with `session`, if not NULL; gives what the client then holds. */
static SSL_SESSION *connect_on(SSL_CTX *ctx, int fd, SSL_SESSION *session)
{
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *held;
    char buf[8];

    SSL_set_fd(ssl, fd);
    if (session != NULL)
        SHOW(SSL_set_session(ssl, session));
    SHOW(SSL_connect(ssl));
    SHOW(SSL_session_reused(ssl));
    SHOW(SSL_read(ssl, buf, sizeof buf));
    held = SSL_get1_session(ssl);
    SHOW_PTR(SSL_get0_peer_certificate(ssl));
    SSL_shutdown(ssl);
    SSL_free(ssl);
    return held;
}

static void save(SSL_SESSION *session)
{
    BIO *out = BIO_new_file(file, "w");

    SHOW(PEM_write_bio_SSL_SESSION(out, session));
    BIO_free(out);
}

static SSL_SESSION *load(void)
{
    BIO *in = BIO_new_file(file, "r");
    SSL_SESSION *session = PEM_read_bio_SSL_SESSION(in, NULL, NULL, NULL);

    BIO_free(in);
    if (session == NULL)
        check_give_up("PEM_read_bio_SSL_SESSION");
    return session;
}

/* A client that offers the saved session. */
static void offer_saved(int fd, const char *version)
{
    SSL_CTX *ctx = client_of(atoi(version));
    SSL_SESSION *session = load();

    SSL_SESSION_free(connect_on(ctx, fd, session));
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
}

static SSL_SESSION *connect_remote(SSL_CTX *ctx, SSL_SESSION *session)
{
    struct remote peer;
    SSL_SESSION *held;

    remote_start(&peer, "serve", NULL);
    held = connect_on(ctx, peer.fd, session);
    remote_finish(&peer);
    return held;
}

/* One session, offered to servers in other processes as often as one likes, also after it was written and read. */
static void offered_again_and_again(int version)
{
    SSL_CTX *ctx = client_of(version);
    SSL_SESSION *first, *copy;
    unsigned char der[8192], *at = der;
    const unsigned char *from = der;
    int len;

    printf("== one session for many servers, version %x\n", version);
    first = connect_remote(ctx, NULL);
    for (int i = 0; i < 2; i++)
        SSL_SESSION_free(connect_remote(ctx, first));
    len = i2d_SSL_SESSION(first, &at);
    copy = d2i_SSL_SESSION(NULL, &from, len);
    CHECK(copy != NULL && from == at);
    SSL_SESSION_free(connect_remote(ctx, copy));
    SSL_SESSION_free(first);
    SSL_SESSION_free(copy);
    SSL_CTX_free(ctx);
    SHOW_ERR();
}

/* A session of the remote server is resumed by ours, and what comes of it by the remote one again. */
static void from_server_to_server(int version)
{
    SSL_CTX *client_ctx = client_of(version), *server_ctx = server_with_keys();
    SSL *client, *server;
    SSL_SESSION *first, *second;

    printf("== from server to server, version %x\n", version);
    first = connect_remote(client_ctx, NULL);
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set_session(client, first));
    pair_connect(client, server);
    SHOW(pair_transfer(server, client, "hello", 5));
    SHOW(SSL_session_reused(server));
    second = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    SSL_SESSION_free(connect_remote(client_ctx, second));
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    SHOW_ERR();
}

/* A session that our client has saved is offered by the remote one. */
static void from_client_to_client(int version)
{
    SSL_CTX *client_ctx = client_of(version), *server_ctx = server_with_keys();
    SSL_SESSION *session;
    struct remote peer;
    char number[16];

    printf("== from client to client, version %x\n", version);
    session = connect_remote(client_ctx, NULL);
    save(session);
    snprintf(number, sizeof number, "%d", version);
    remote_start(&peer, "offer", number);
    serve_on(server_ctx, peer.fd);
    remote_finish(&peer);
    SSL_SESSION_free(session);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    SHOW_ERR();
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "serve", serve }, { "offer", offer_saved }, { NULL, NULL } };

    remote_main(argc, argv, roles);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        offered_again_and_again(version);
        from_server_to_server(version);
        from_client_to_client(version);
    }
    return 0;
}
