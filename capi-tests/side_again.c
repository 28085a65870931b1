/* A connection that is given a side again after use, for another connection: what `openssl s_client -reconnect` does. */
#include "peer.h"

static void show(const char *who, SSL *ssl)
{
    printf("-- %s\n", who);
    SHOW(SSL_in_init(ssl) != 0);
    SHOW(SSL_in_before(ssl));
    SHOW(SSL_is_init_finished(ssl));
    SHOW(SSL_get_shutdown(ssl));
    SHOW_STR(SSL_state_string_long(ssl));
    SHOW_STR(SSL_get_version(ssl));
    SHOW(SSL_session_reused(ssl));
    SHOW_PTR(SSL_get_current_cipher(ssl));
    SHOW_PTR(SSL_get_session(ssl));
    SHOW(SSL_get_verify_result(ssl));
}

static void again(int version, int shut_down)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;
    char buf[16];

    printf("== TLS %x%s\n", version, shut_down ? ", shut down before" : "");
    SSL_CTX_set_max_proto_version(client_ctx, version);
    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "data", 4));
    if (shut_down) {
        SHOW(SSL_shutdown(client));
        SHOW(SSL_read(server, buf, sizeof buf));
        SHOW(SSL_shutdown(server));
    }
    SSL_free(server);
    server = SSL_new(server_ctx);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    show("given its side", client);
    pair_join(client, server, PAIR_BIO);
    SHOW(SSL_read(client, buf, sizeof buf));
    SHOW(SSL_get_error(client, -1));
    show("begun", client);
    pair_connect(client, server);
    show("connected again", client);
    CHECK(pair_transfer(client, server, "more data", 9));
    CHECK(pair_transfer(server, client, "more data", 9));
    SHOW_ERR();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

int main(void)
{
    again(TLS1_2_VERSION, 1);
    again(TLS1_2_VERSION, 0);
    again(TLS1_3_VERSION, 1);
    again(TLS1_3_VERSION, 0);
    return 0;
}
