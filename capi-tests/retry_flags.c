/* BIOs that keep the retry flags of earlier calls, as HAProxy's do: what a call waits for is told by the call. */
#include "peer.h"

/* Takes nothing and has nothing; never takes a flag down. */
static int stuck_write(BIO *bio, const char *data, int len)
{
    (void)data, (void)len;
    BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
    return -1;
}

static int stuck_read(BIO *bio, char *data, int len)
{
    (void)data, (void)len;
    BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
    return -1;
}

static long stuck_ctrl(BIO *bio, int command, long larg, void *parg)
{
    (void)bio, (void)larg, (void)parg;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP;
}

static BIO_METHOD *stuck_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stuck");

    BIO_meth_set_write(method, stuck_write);
    BIO_meth_set_read(method, stuck_read);
    BIO_meth_set_ctrl(method, stuck_ctrl);
    return method;
}

static BIO *stuck_bio(BIO_METHOD *method, int flags)
{
    BIO *bio = BIO_new(method);

    BIO_set_init(bio, 1);
    BIO_set_flags(bio, flags);
    return bio;
}

static void calls(SSL *ssl, BIO_METHOD *method, int flags)
{
    static const char data[] = "data";
    char buf[8];
    BIO *bio = stuck_bio(method, flags);
    int ret;

    printf("-- flags %#x before\n", (unsigned)flags);
    SSL_set_bio(ssl, bio, bio);
    ret = SSL_read(ssl, buf, sizeof buf);
    SHOW(SSL_get_error(ssl, ret));
    SHOW(SSL_want(ssl));
    ret = SSL_write(ssl, data, 4);
    SHOW(SSL_get_error(ssl, ret));
    SHOW(SSL_want(ssl));
    ret = SSL_write(ssl, data, 4);
    SHOW(SSL_get_error(ssl, ret));
    ret = SSL_read(ssl, buf, sizeof buf);
    SHOW(SSL_get_error(ssl, ret));
    SHOW(SSL_want(ssl));
    ret = SSL_do_handshake(ssl);
    SHOW(SSL_get_error(ssl, ret));
    SHOW_ERR();
}

int main(void)
{
    BIO_METHOD *method = stuck_method();
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");

    for (int flags = 0; flags <= (BIO_FLAGS_READ | BIO_FLAGS_WRITE); flags++) {
        SSL *client, *server;

        pair_new(&client, &server, client_ctx, server_ctx);
        SECTION("open");
        pair_connect(client, server);
        pair_settle(client);
        calls(client, method, flags);
        pair_free(client, server);
        SECTION("beginning");
        pair_new(&client, &server, client_ctx, server_ctx);
        calls(client, method, flags);
        pair_free(client, server);
    }
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    BIO_meth_free(method);
    return 0;
}
