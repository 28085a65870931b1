/* Several MiB in both directions at once through small buffers; every byte is checked, so a lost or repeated record shows. */
#include "call.h"

#include <pthread.h>

#define START 14695981039346656037u

/* One direction of one side: what is left to send, and what has come. */
struct stream {
    uint64_t seed;
    size_t size;            /* bytes to send in all */
    size_t sent;            /* bytes that SSL_write has taken */
    size_t part;            /* length of the write that waits, 0 if none */
    int moving;             /* the buffer changes its place between two tries */
    int turn;               /* which of the two buffers holds the part */
    uint64_t sent_sum, got_sum;
    size_t got;
    int failed;             /* SSL_get_error of the call that ended it */
    unsigned char buf[2][70000];
};

/* Sizes of the writes: around every boundary of a record. */
static const size_t part_sizes[] = { 1, 100, 16383, 16384, 16385, 5, 40000, 65536, 3000, 32768 };

/* A number of bytes; less where each byte costs much time. */
static size_t amount(size_t size)
{
    return getenv("CAPI_SHORT") == NULL ? size : size / 16;
}

static struct stream *stream_new(uint64_t seed, size_t size, int moving)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        check_give_up("memory");
    stream->seed = seed;
    stream->size = size;
    stream->moving = moving;
    stream->sent_sum = stream->got_sum = START;
    return stream;
}

static void next_part(struct stream *stream)
{
    size_t count = sizeof part_sizes / sizeof *part_sizes;

    stream->part = part_sizes[(stream->seed + stream->sent) % count];
    if (stream->part > stream->size - stream->sent)
        stream->part = stream->size - stream->sent;
    fill_pattern(stream->buf[stream->turn], stream->part, stream->seed + stream->sent);
}

/* Tries to write once; 1 if something was taken. */
static int write_some(SSL *ssl, struct stream *stream)
{
    size_t n = 0;

    if (stream->sent == stream->size || stream->failed)
        return 0;
    if (stream->part == 0)
        next_part(stream);
    if (SSL_write_ex(ssl, stream->buf[stream->turn], stream->part, &n) == 1) {
        stream->sent_sum = fingerprint(stream->sent_sum, stream->buf[stream->turn], n);
        stream->sent += n;
        stream->part = 0;
        return 1;
    }
    if (SSL_get_error(ssl, 0) != SSL_ERROR_WANT_WRITE && SSL_get_error(ssl, 0) != SSL_ERROR_WANT_READ)
        stream->failed = SSL_get_error(ssl, 0);
    if (stream->moving) {
        memcpy(stream->buf[!stream->turn], stream->buf[stream->turn], stream->part);
        memset(stream->buf[stream->turn], 0xee, stream->part);
        stream->turn = !stream->turn;
    }
    return 0;
}

/* Tries to read once; 1 if something came. */
static int read_some(SSL *ssl, struct stream *stream)
{
    static const size_t sizes[] = { 1, 777, 16384, 20000, 10 };
    unsigned char buf[20000];
    size_t n = 0;

    if (SSL_read_ex(ssl, buf, sizes[stream->got % 5], &n) == 1) {
        stream->got_sum = fingerprint(stream->got_sum, buf, n);
        stream->got += n;
        return 1;
    }
    if (SSL_get_error(ssl, 0) != SSL_ERROR_WANT_READ && SSL_get_error(ssl, 0) != SSL_ERROR_WANT_WRITE)
        stream->failed = SSL_get_error(ssl, 0);
    return 0;
}

static void report(const struct stream *a, const struct stream *b)
{
    printf("client sent %zu, server got %zu; server sent %zu, client got %zu; failed %d %d\n", a->sent, b->got, b->sent, a->got, a->failed, b->failed);
    CHECK(a->sent_sum == b->got_sum);
    CHECK(b->sent_sum == a->got_sum);
    SHOW_ERR();
}

/* ---- one thread ---- */

static void small_sockets(SSL *client, SSL *server)
{
    int fds[2], room = 4096;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
        check_give_up("socketpair");
    for (int i = 0; i < 2; i++) {
        BIO *bio = BIO_new_socket(fds[i], BIO_CLOSE);

        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        SSL_set_bio(i == 0 ? client : server, bio, bio);
    }
}

static void small_pair(SSL *client, SSL *server, size_t room)
{
    BIO *a = NULL, *b = NULL;

    if (BIO_new_bio_pair(&a, room, &b, room) != 1)
        check_give_up("no BIO pair");
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
}

/* Room of 0 is a socket with a small send buffer. */
static void one_thread(int version, size_t room, long mode, int read_ahead, size_t size)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client = SSL_new(ctx.client), *server = SSL_new(ctx.server);
    int moving = (mode & SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER) != 0, idle = 0;
    struct stream *a = stream_new(1, amount(size), moving), *b = stream_new(2, amount(size) - 12345, moving);

    printf("-- room %zu, mode %ld, read-ahead %d\n", room, mode, read_ahead);
    if (room == 0)
        small_sockets(client, server);
    else
        small_pair(client, server, room);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    SSL_set_mode(client, mode);
    SSL_set_mode(server, mode);
    SSL_set_read_ahead(client, read_ahead);
    SSL_set_read_ahead(server, read_ahead);
    while (idle < 50 && (a->got < b->size || b->got < a->size)) {
        int moved = write_some(client, a) + read_some(server, b) + write_some(server, b) + read_some(client, a);

        ERR_clear_error();
        idle = moved ? 0 : idle + 1;
    }
    report(a, b);
    pair_free(client, server);
    contexts_free(&ctx);
    free(a);
    free(b);
}

static void in_one_thread(int version)
{
    const long partial = SSL_MODE_ENABLE_PARTIAL_WRITE, moving = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;

    one_thread(version, 0, 0, 0, 3 << 20);
    one_thread(version, 0, partial, 0, 2 << 20);
    one_thread(version, 0, partial | moving, 1, 2 << 20);
    one_thread(version, 0, moving, 0, 1 << 20);
    one_thread(version, 600, 0, 0, 1 << 20);
    one_thread(version, 17000, partial, 0, 2 << 20);
    one_thread(version, 17000, moving, 1, 2 << 20);
    one_thread(version, 200000, partial | moving, 0, 3 << 20);
}

/* ---- blocking: one thread writes while another reads the same connection's other side ---- */

static void *receive_all(void *arg)
{
    SSL *ssl = arg;
    static struct stream in;

    in.got_sum = START;
    while (read_some(ssl, &in) == 1)
        continue;
    return &in;
}

static void blocking(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct stream *out = stream_new(3, amount(5 << 20), 0), *in;
    SSL *client, *server;
    pthread_t thread;
    void *result;

    pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET_BLOCKING);
    if (pthread_create(&thread, NULL, receive_all, server) != 0)
        check_give_up("pthread_create");
    CALL(client, SSL_connect(client));
    while (write_some(client, out) == 1)
        continue;
    CALL(client, SSL_shutdown(client));
    pthread_join(thread, &result);
    in = result;
    printf("sent %zu got %zu ended with %s\n", out->sent, in->got, call_error_name(in->failed));
    CHECK(in->got_sum == out->sent_sum);
    in->failed = 0;
    in->got = 0;
    pair_free(client, server);
    contexts_free(&ctx);
    free(out);
}

/* ---- the other side in another process, on another libssl ---- */


/* Sends everything back that comes; both ways are busy at the same time. */
static void echo(SSL *ssl)
{
    static unsigned char buf[30000];
    size_t n, m;
    uint64_t sum = START;
    size_t total = 0;

    while (SSL_read_ex(ssl, buf, sizeof buf, &n) == 1) {
        sum = fingerprint(sum, buf, n);
        total += n;
        if (SSL_write_ex(ssl, buf, n, &m) != 1)
            break;
    }
    printf("echoed %zu bytes, sum %016llx, ended with %s\n", total, (unsigned long long)sum, call_error_name(SSL_get_error(ssl, 0)));
    SSL_shutdown(ssl);
}

static void remote_echo(int fd, const char *arg)
{
    int version = strstr(arg, "1.2") != NULL ? TLS1_2_VERSION : TLS1_3_VERSION, room = 8192;
    struct contexts ctx = contexts_new("rsa", version);
    SSL *ssl = SSL_new(strstr(arg, "server") != NULL ? ctx.server : ctx.client);

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    SSL_set_fd(ssl, fd);
    if ((SSL_is_server(ssl) ? SSL_accept(ssl) : SSL_connect(ssl)) == 1)
        echo(ssl);
    SHOW_ERR();
    SSL_free(ssl);
    close(fd);
    contexts_free(&ctx);
}

/* A blocking peer, a non-blocking side here: waiting is done by select() alone, so a wake-up that does not come hangs. */
static void against_remote(int version, int is_server)
{
    struct contexts ctx = contexts_new("rsa", version);
    SSL *ssl = SSL_new(is_server ? ctx.server : ctx.client);
    struct stream *stream = stream_new(4, amount(4 << 20), 0);
    struct remote peer;
    char role[32];
    fd_set in, out;

    snprintf(role, sizeof role, "%s 1.%d", is_server ? "client" : "server", version == TLS1_2_VERSION ? 2 : 3);
    remote_start(&peer, "echo", role);
    fcntl(peer.fd, F_SETFL, O_NONBLOCK);
    SSL_set_fd(ssl, peer.fd);
    if (is_server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    while (!stream->failed && stream->got < stream->size) {
        struct timeval limit = { 20, 0 };
        int wrote, got = 0;

        while ((wrote = write_some(ssl, stream)) == 1 && stream->sent - stream->got < 1 << 16)
            continue;
        while (read_some(ssl, stream) == 1)
            got = 1;
        if (got || wrote)
            continue;
        FD_ZERO(&in);
        FD_ZERO(&out);
        FD_SET(peer.fd, &in);
        if (stream->sent < stream->size)
            FD_SET(peer.fd, &out);
        if (select(peer.fd + 1, &in, &out, NULL, &limit) <= 0) {
            printf("nothing happens\n");
            break;
        }
    }
    printf("sent %zu got %zu sum %016llx failed %d\n", stream->sent, stream->got, (unsigned long long)stream->got_sum, stream->failed);
    CHECK(stream->sent_sum == stream->got_sum);
    CHECK(SSL_shutdown(ssl) >= 0);
    SHOW_ERR();
    SSL_free(ssl);
    remote_finish(&peer);
    contexts_free(&ctx);
    free(stream);
}

static void as_client(int version)
{
    against_remote(version, 0);
}

static void as_server(int version)
{
    against_remote(version, 1);
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "echo", remote_echo }, { NULL, NULL } };

    signal(SIGPIPE, SIG_IGN);
    remote_main(argc, argv, roles);
    in_both_versions("both ways in one thread", in_one_thread);
    in_both_versions("blocking", blocking);
    in_both_versions("client of an echoing server on the other library", as_client);
    in_both_versions("server of an echoing client on the other library", as_server);
    return 0;
}
