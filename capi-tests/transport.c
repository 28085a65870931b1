/* SSL_set_bio and its relatives: who owns a BIO, descriptors, custom methods, filters, and BIOs shared by both directions. */
#include "call.h"

/* ---- a memory BIO that counts what happens to it ---- */

static int frees, reads, writes, flushes;
static int read_limit, write_limit; /* bytes that a call takes; 0 for no limit, -1 for would-block */

static int counting_read(BIO *bio, char *buf, int len)
{
    reads++;
    BIO_clear_retry_flags(bio);
    if (read_limit < 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (read_limit > 0 && len > read_limit)
        len = read_limit;
    len = BIO_read(BIO_get_data(bio), buf, len);
    if (len <= 0)
        BIO_set_retry_read(bio);
    return len;
}

static int counting_write(BIO *bio, const char *buf, int len)
{
    writes++;
    BIO_clear_retry_flags(bio);
    if (write_limit < 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    if (write_limit > 0 && len > write_limit)
        len = write_limit;
    return BIO_write(BIO_get_data(bio), buf, len);
}

static long counting_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    switch (cmd) {
    case BIO_CTRL_FLUSH:
        flushes++;
        return 1;
    case BIO_CTRL_PUSH:
    case BIO_CTRL_POP:
        return 0;
    default:
        return BIO_ctrl(BIO_get_data(bio), cmd, num, ptr);
    }
}

static int counting_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static int counting_destroy(BIO *bio)
{
    (void)bio;
    frees++;
    return 1;
}

static BIO *counting_bio(BIO *store)
{
    static BIO_METHOD *method;
    BIO *bio;

    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "counting");
        if (method == NULL || !BIO_meth_set_read(method, counting_read) || !BIO_meth_set_write(method, counting_write) || !BIO_meth_set_ctrl(method, counting_ctrl)
            || !BIO_meth_set_create(method, counting_create) || !BIO_meth_set_destroy(method, counting_destroy))
            check_give_up("BIO method");
    }
    if ((bio = BIO_new(method)) == NULL)
        check_give_up("BIO");
    BIO_set_data(bio, store);
    return bio;
}

static void reset_counts(void)
{
    frees = reads = writes = flushes = 0;
    read_limit = write_limit = 0;
}

/* ---- ownership ---- */

static void ownership(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl = SSL_new(ctx);
    BIO *a = counting_bio(NULL), *b = counting_bio(NULL), *c = counting_bio(NULL);

    SECTION("ownership");
    SHOW_PTR(SSL_get_rbio(ssl));
    SHOW_PTR(SSL_get_wbio(ssl));
    reset_counts();
    printf("-- SSL_set_bio with one BIO takes one count\n");
    SSL_set_bio(ssl, a, a);
    CHECK(SSL_get_rbio(ssl) == a && SSL_get_wbio(ssl) == a);
    SSL_set_bio(ssl, a, a);
    SHOW(frees);
    printf("-- the same reader, another writer\n");
    BIO_up_ref(a);
    SSL_set_bio(ssl, a, b);
    SHOW(frees);
    CHECK(SSL_get_rbio(ssl) == a && SSL_get_wbio(ssl) == b);
    BIO_free(a);
    SHOW(frees);
    printf("-- another reader, the same writer\n");
    SSL_set_bio(ssl, c, b);
    SHOW(frees);
    printf("-- nothing\n");
    SSL_set_bio(ssl, NULL, NULL);
    SHOW(frees);
    SHOW_PTR(SSL_get_rbio(ssl));

    reset_counts();
    printf("-- set0 takes a count for each\n");
    a = counting_bio(NULL);
    SSL_set0_rbio(ssl, a);
    BIO_up_ref(a);
    SSL_set0_wbio(ssl, a);
    CHECK(SSL_get_rbio(ssl) == a && SSL_get_wbio(ssl) == a);
    SSL_set0_rbio(ssl, counting_bio(NULL));
    SHOW(frees);
    SSL_set0_wbio(ssl, counting_bio(NULL));
    SHOW(frees);
    SSL_set0_rbio(ssl, NULL);
    SHOW(frees);
    SSL_free(ssl);
    SHOW(frees);

    reset_counts();
    printf("-- freed with the connection, unless a count is kept\n");
    ssl = SSL_new(ctx);
    a = counting_bio(NULL);
    BIO_up_ref(a);
    SSL_set_bio(ssl, a, a);
    SSL_free(ssl);
    SHOW(frees);
    BIO_free(a);
    SHOW(frees);
    SSL_CTX_free(ctx);
}

/* ---- descriptors ---- */

static void descriptors(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl = SSL_new(ctx);
    int fds[2], closed;

    SECTION("descriptors");
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        check_give_up("socketpair");
    SHOW(SSL_get_fd(ssl));
    SHOW(SSL_get_rfd(ssl));
    SHOW(SSL_get_wfd(ssl));
    SHOW_ERR();
    SHOW(SSL_set_fd(ssl, fds[0]));
    CHECK(SSL_get_fd(ssl) == fds[0] && SSL_get_rfd(ssl) == fds[0] && SSL_get_wfd(ssl) == fds[0]);
    CHECK(SSL_get_rbio(ssl) == SSL_get_wbio(ssl));
    SHOW(BIO_method_type(SSL_get_rbio(ssl)) == BIO_TYPE_SOCKET);
    SHOW(BIO_get_close(SSL_get_rbio(ssl)));
    SHOW(SSL_set_rfd(ssl, fds[1]));
    CHECK(SSL_get_rfd(ssl) == fds[1] && SSL_get_wfd(ssl) == fds[0] && SSL_get_fd(ssl) == fds[1]);
    SHOW(SSL_set_rfd(ssl, fds[0]));
    CHECK(SSL_get_rbio(ssl) == SSL_get_wbio(ssl));
    SHOW(SSL_set_wfd(ssl, fds[1]));
    CHECK(SSL_get_rfd(ssl) == fds[0] && SSL_get_wfd(ssl) == fds[1]);
    SHOW(SSL_set_wfd(ssl, fds[0]));
    CHECK(SSL_get_rbio(ssl) == SSL_get_wbio(ssl));
    SHOW(SSL_set_fd(ssl, -1));
    SHOW(SSL_get_fd(ssl));
    SHOW_ERR();
    SSL_free(ssl);
    closed = fcntl(fds[0], F_GETFD) < 0;
    printf("descriptor closed with the connection: %d\n", closed);
    close(fds[0]);
    close(fds[1]);

    printf("-- a memory BIO has no descriptor\n");
    ssl = SSL_new(ctx);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SHOW(SSL_get_fd(ssl));
    SHOW(SSL_get_wfd(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- connections over odd BIOs ---- */

static void finish(SSL *client, SSL *server)
{
    struct pair_result result = pair_handshake(client, server);

    printf("  handshake %s, ", result.ok ? "done" : "not done");
    printf("data %d %d\n", pair_transfer(client, server, "from the client", 15), pair_transfer(server, client, "from the server", 15));
    SHOW_ERR();
}

static void custom_method(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client = SSL_new(ctx.client), *server = SSL_new(ctx.server);
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
    char buf[16];

    reset_counts();
    BIO_set_mem_eof_return(up, -1);
    BIO_set_mem_eof_return(down, -1);
    BIO_up_ref(up);
    BIO_up_ref(down);
    SSL_set_bio(server, up, down);
    SSL_set0_rbio(client, counting_bio(down));
    SSL_set0_wbio(client, counting_bio(up));
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    read_limit = 3;
    write_limit = 5;
    finish(client, server);
    CHECK(reads > 20 && writes > 10 && flushes > 0);
    printf("-- would-block in both directions\n");
    read_limit = -1;
    CALL(client, SSL_read(client, buf, sizeof buf));
    SHOW(SSL_want_read(client));
    write_limit = -1;
    CALL(client, SSL_write(client, "data", 4));
    SHOW(SSL_want_write(client));
    SHOW(BIO_should_write(SSL_get_wbio(client)) != 0);
    write_limit = 0;
    CALL(client, SSL_write(client, "data", 4));
    SHOW(SSL_want_nothing(client));
    pair_free(client, server);
    SHOW(frees);
    BIO_free(up);
    BIO_free(down);

    printf("-- one flight is one write\n");
    reset_counts();
    client = SSL_new(ctx.client);
    up = BIO_new(BIO_s_mem());
    down = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(down, -1);
    SSL_set_bio(client, down, counting_bio(up));
    SSL_set_connect_state(client);
    CALL(client, SSL_do_handshake(client));
    SHOW(writes);
    CHECK(flushes > 0);
    SSL_free(client);
    BIO_free(up);
    contexts_free(&ctx);
}

/* A filter in front of the source: BIO_f_buffer, and several on top of each other. */
static void chains(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client = SSL_new(ctx.client), *server = SSL_new(ctx.server);
    BIO *a = NULL, *b = NULL, *top;
    char buf[16];

    if (BIO_new_bio_pair(&a, 1 << 17, &b, 1 << 17) != 1)
        check_give_up("BIO pair");
    top = BIO_push(BIO_new(BIO_f_buffer()), a);
    SSL_set_bio(client, top, top);
    top = BIO_push(BIO_new(BIO_f_null()), BIO_push(BIO_new(BIO_f_buffer()), b));
    SSL_set_bio(server, top, top);
    CHECK(SSL_get_wbio(server) == top);
    CHECK(BIO_find_type(SSL_get_rbio(client), BIO_TYPE_BIO) == a);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    pair_connect(client, server);
    pair_settle(client);
    printf("-- what is written waits in the filter until it is flushed\n");
    CALL(client, SSL_write(client, "data", 4));
    CALL(server, SSL_read(server, buf, sizeof buf));
    SHOW(BIO_flush(SSL_get_wbio(client)));
    CALL(server, SSL_read(server, buf, sizeof buf));
    CALL(server, SSL_write(server, "answer", 6));
    SHOW(BIO_flush(SSL_get_wbio(server)));
    CALL(client, SSL_read(client, buf, sizeof buf));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Without kernel TLS a file cannot be sent, and buffers are given back when nothing is in them. */
static void files_and_buffers(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server, *ssl = SSL_new(ctx.client);
    char buf[16];

    SHOW(SSL_sendfile(ssl, 0, 0, 10, 0));
    SHOW_ERR();
    SHOW(SSL_alloc_buffers(ssl));
    SHOW(SSL_free_buffers(ssl));
    SSL_free(ssl);
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    pair_settle(client);
    SHOW(SSL_sendfile(client, 0, 0, 10, 0));
    SHOW_ERR();
    SHOW(SSL_free_buffers(client));
    CALL(server, SSL_write(server, "data", 4));
    CALL(client, SSL_read(client, buf, 2));
    SHOW(SSL_free_buffers(client));
    CALL(client, SSL_read(client, buf, 2));
    SHOW(SSL_free_buffers(client));
    CALL(client, SSL_shutdown(client));
    SHOW(SSL_sendfile(client, 0, 0, 10, 0));
    SHOW_ERR();
    pair_free(client, server);
    contexts_free(&ctx);
}

/* BIOs exchanged while the connection is open. */
static void exchanged(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_BIO);
    finish(client, server);
    printf("-- over memory BIOs from now on\n");
    pair_settle(client);
    pair_join(client, server, PAIR_MEM);
    finish(client, server);
    printf("-- over sockets\n");
    pair_join(client, server, PAIR_SOCKET);
    finish(client, server);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Flags of a blocking or non-blocking socket decide; the other side answers in its own time. */
static void serve(int fd, const char *arg)
{
    SSL_CTX *ctx = new_server_ctx("ecdsa");
    SSL *ssl = SSL_new(ctx);
    char buf[16];
    int n;

    (void)arg;
    SSL_set_rfd(ssl, fd);
    SSL_set_wfd(ssl, fd);
    CALL(ssl, SSL_accept(ssl));
    while ((n = SSL_read(ssl, buf, sizeof buf)) > 0)
        SSL_write(ssl, buf, n);
    printf("ended with %s\n", call_error_name(SSL_get_error(ssl, n)));
    SSL_shutdown(ssl);
    remote_drain(fd);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void two_descriptors(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct remote peer;
    SSL *client;
    char buf[16];
    int copy;

    remote_start(&peer, "serve", NULL);
    copy = dup(peer.fd);
    client = SSL_new(ctx.client);
    SHOW(SSL_set_rfd(client, peer.fd));
    SHOW(SSL_set_wfd(client, copy));
    CALL(client, SSL_connect(client));
    CALL(client, SSL_write(client, "echo", 4));
    CALL(client, SSL_read(client, buf, sizeof buf));
    CALL(client, SSL_shutdown(client));
    CALL(client, SSL_shutdown(client));
    SSL_free(client);
    close(copy);
    remote_finish(&peer);
    contexts_free(&ctx);
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "serve", serve }, { NULL, NULL } };

    signal(SIGPIPE, SIG_IGN);
    remote_main(argc, argv, roles);
    ownership();
    descriptors();
    in_both_versions("custom method", custom_method);
    in_both_versions("chains", chains);
    in_both_versions("files and buffers", files_and_buffers);
    in_both_versions("exchanged", exchanged);
    in_both_versions("two descriptors", two_descriptors);
    return 0;
}
