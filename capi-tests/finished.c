/* Finished values: before, during and after handshakes, full and resumed, into buffers of any size. */
#include "call.h"

static void show(SSL *from, SSL *to, const char *what)
{
    unsigned char sent[64], got[64], part[64];
    size_t n = SSL_get_finished(from, sent, sizeof sent), m = SSL_get_peer_finished(to, got, sizeof got);

    printf("%s: %zu and %zu bytes, equal %d\n", what, n, m, n == m && memcmp(sent, got, n) == 0);
    memset(part, 0xee, sizeof part);
    printf("  in 5 bytes: %zu", SSL_get_finished(from, part, 5));
    printf(", as much written %d", n == 0 ? part[0] == 0xee : memcmp(part, sent, 5) == 0 && part[5] == 0xee);
    printf(", in none: %zu %zu\n", SSL_get_finished(from, part, 0), SSL_get_peer_finished(to, NULL, 0));
}

static void info(const SSL *ssl, int where, int value)
{
    unsigned char bytes[64];

    (void)value;
    printf("  %s %04x %s: %zu %zu\n", SSL_is_server(ssl) ? "server" : "client", where, SSL_state_string_long(ssl),
           SSL_get_finished(ssl, bytes, sizeof bytes), SSL_get_peer_finished(ssl, bytes, sizeof bytes));
}

static void values(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    SSL_SESSION *session;

    SSL_CTX_set_info_callback(ctx.client, info);
    SSL_CTX_set_info_callback(ctx.server, info);
    pair_new(&client, &server, ctx.client, ctx.server);
    show(client, server, "before");
    pair_connect(client, server);
    pair_settle(client);
    show(client, server, "the client's");
    show(server, client, "the server's");
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    pair_free(client, server);
    printf("-- resumed\n");
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_session(client, session);
    SSL_SESSION_free(session);
    pair_connect(client, server);
    SHOW(SSL_session_reused(client));
    show(client, server, "the client's");
    show(server, client, "the server's");
    printf("-- cleared\n");
    SHOW(SSL_clear(client));
    show(client, server, "the client's");
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("values", values);
    return 0;
}
