/*
 * Calls in an order that nobody had in mind: reads, writes, shutdowns, ends of streams, stray records, SSL_clear and new
 * connections on both sides, drawn from a generator with a fixed seed. After each call everything is printed that both libraries
 * know. What depends on the sizes of handshake messages is not drawn.
 */
#include "call.h"

struct side {
    SSL *ssl;
    const char *name;
    int is_server;
    int write_len; /* of the write that must be repeated, or 0 */
};

enum medium { BIG_PAIR, SMALL_PAIR, MEMORY, SOCKETS, N_MEDIA };

static struct {
    struct contexts ctx;
    struct side sides[2];
    enum medium medium;
    int spoiled; /* a connection was begun again: a stray record may meet it where the reference says other things */
} now;

static uint64_t state;
static unsigned char data[20000];
static char buf[20000];

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

/* ---- two sides ---- */

static void join_sides(void)
{
    BIO *a = NULL, *b = NULL;
    size_t room = 300;

    if (now.medium == MEMORY || now.medium == SOCKETS || now.medium == BIG_PAIR) {
        pair_join(now.sides[0].ssl, now.sides[1].ssl, now.medium == MEMORY ? PAIR_MEM : now.medium == SOCKETS ? PAIR_SOCKET : PAIR_BIO);
        return;
    }
    if (BIO_new_bio_pair(&a, room, &b, room) != 1)
        check_give_up("no BIO pair");
    SSL_set_bio(now.sides[0].ssl, a, a);
    SSL_set_bio(now.sides[1].ssl, b, b);
}

static void fresh(struct side *side)
{
    SSL_free(side->ssl);
    if ((side->ssl = SSL_new(side->is_server ? now.ctx.server : now.ctx.client)) == NULL)
        check_give_up("SSL_new");
    side->write_len = 0;
    if (side->is_server)
        SSL_set_accept_state(side->ssl);
    else
        SSL_set_connect_state(side->ssl);
}

/* Handshakes through any room, and what comes after them. */
static void drive(void)
{
    SSL *client = now.sides[0].ssl, *server = now.sides[1].ssl;

    for (int i = 0; i < 100 && (SSL_in_init(client) || SSL_in_init(server)); i++) {
        if (SSL_in_init(client))
            SSL_do_handshake(client);
        else
            pair_settle(client);
        if (SSL_in_init(server))
            SSL_do_handshake(server);
    }
    for (int i = 0; i < 10; i++)
        pair_settle(client);
    ERR_clear_error();
    printf("driven: %d %d\n", !SSL_in_init(client), !SSL_in_init(server));
}

static void show_side(const struct side *side)
{
    SSL *ssl = side->ssl;
    int open = !SSL_in_init(ssl), failed = strcmp(SSL_state_string_long(ssl), "error") == 0;

    printf("  %s: open %d, before %d, failed %d, shutdown %d, want %d, server %d", side->name, open, SSL_in_before(ssl), failed, SSL_get_shutdown(ssl), SSL_want(ssl),
           SSL_is_server(ssl));
    if (open)
        printf(", pending %d %d, reused %d, %s", SSL_pending(ssl), SSL_has_pending(ssl), SSL_session_reused(ssl), SSL_get_version(ssl));
    printf("\n");
}

/* ---- what else can happen to a side ---- */

static void end_stream(struct side *side)
{
    BIO *out = SSL_get_wbio(side->ssl);

    printf("%s ends its stream\n", side->name);
    if (now.medium == MEMORY)
        BIO_set_mem_eof_return(out, 0);
    else if (now.medium == SOCKETS)
        shutdown(SSL_get_wfd(side->ssl), SHUT_WR);
    else
        (void)BIO_shutdown_wr(out);
}

/* Puts a record that was not sent by the peer before `side`. */
static void stray(struct side *side)
{
    static const struct {
        const char *name, *bytes;
        int len;
    } records[] = {
        { "a fatal alert", "\x15\x03\x03\0\x02\x02\x28", 7 },
        { "a close_notify", "\x15\x03\x03\0\x02\x01\0", 7 },
        { "a warning", "\x15\x03\x03\0\x02\x01\x5a", 7 },
        { "a change of cipher", "\x14\x03\x03\0\x01\x01", 6 },
        { "data", "\x17\x03\x03\0\x14" "0123456789abcdefghij", 25 },
        { "part of a record", "\x17\x03\x03\0\x28\x01\x02\x03", 8 },
        { "too long a record", "\x17\x03\x03\x50\0", 5 },
        { "an empty record", "\x17\x03\x03\0\0", 5 },
        { "half an alert", "\x15\x03\x03\0\x01\x02", 6 },
    };
    unsigned which = draw(sizeof records / sizeof *records);
    SSL *other = now.sides[side == now.sides].ssl;

    if (now.spoiled)
        return;
    printf("%s gets %s\n", side->name, records[which].name);
    if (now.medium == SOCKETS) {
        if (send(SSL_get_wfd(other), records[which].bytes, (size_t)records[which].len, MSG_NOSIGNAL) < 0)
            printf("  which cannot be sent\n");
    } else {
        printf("  %d\n", BIO_write(SSL_get_wbio(other), records[which].bytes, records[which].len));
    }
    ERR_clear_error();
}

static void begin_again(struct side *side)
{
    SSL *ssl = side->ssl, *other = now.sides[side == now.sides].ssl;
    int was_open = SSL_is_init_finished(ssl);

    now.spoiled = 1;
    side->write_len = 0;
    CALL_AS("SSL_clear", ssl, SSL_clear(ssl));
    if (was_open)
        return;
    /* what is left of a handshake is cut into records in the library's own way */
    CALL_AS("SSL_clear of the other", other, SSL_clear(other));
    join_sides();
}

static void set_something(struct side *side)
{
    static const long modes[] = { SSL_MODE_AUTO_RETRY, SSL_MODE_ENABLE_PARTIAL_WRITE, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER };
    long mode = modes[draw(3)];
    SSL *ssl = side->ssl;
    int flags = (int)draw(4);

    switch (draw(6)) {
    case 0:
        SSL_set_mode(ssl, mode);
        break;
    case 1:
        SSL_clear_mode(ssl, mode);
        break;
    case 2:
        SSL_set_quiet_shutdown(ssl, flags & 1);
        break;
    case 3:
        SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
        break;
    case 4:
        SSL_set_read_ahead(ssl, flags & 1);
        break;
    default:
        /* in the handshake the reference keeps what comes after such a word, unread */
        if (!SSL_in_init(ssl))
            SSL_set_shutdown(ssl, flags);
    }
    printf("%s: mode %ld, quiet %d, shutdown %d\n", side->name, SSL_get_mode(ssl), SSL_get_quiet_shutdown(ssl), SSL_get_shutdown(ssl));
}

/* ---- the calls ---- */

static void write_some(struct side *side)
{
    char label[60];
    int value, error;

    if (side->write_len == 0 || draw(20) == 0)
        side->write_len = draw(4) == 0 ? 0 : 1 + (int)draw(draw(2) ? 30 : now.medium == SMALL_PAIR ? 900 : sizeof data - 1);
    snprintf(label, sizeof label, "%s: SSL_write of %d", side->name, side->write_len);
    ERR_clear_error();
    value = SSL_write(side->ssl, data, side->write_len);
    error = SSL_get_error(side->ssl, value);
    call_show(label, side->ssl, value);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        side->write_len = 0;
}

static void one_call(struct side *side)
{
    unsigned which = draw(100);
    SSL *ssl = side->ssl;
    char label[60];
    int len = draw(3) == 0 ? 0 : 1 + (int)draw(draw(2) ? 10 : sizeof buf - 1);
    size_t n = 0;

    if (which < 22) {
        snprintf(label, sizeof label, "%s: SSL_read of %d", side->name, len);
        CALL_AS(label, ssl, SSL_read(ssl, buf, len));
    } else if (which < 27) {
        CALL_AS("SSL_read_ex", ssl, SSL_read_ex(ssl, buf, (size_t)len, &n));
        SHOW(n);
    } else if (which < 31) {
        CALL_AS("SSL_peek", ssl, SSL_peek(ssl, buf, len + 1));
    } else if (which < 55) {
        write_some(side);
    } else if (which < 67) {
        CALL_AS("SSL_shutdown", ssl, SSL_shutdown(ssl));
    } else if (which < 77) {
        CALL_AS("SSL_do_handshake", ssl, SSL_do_handshake(ssl));
    } else if (which < 81) {
        CALL_AS("SSL_connect or SSL_accept", ssl, draw(2) ? SSL_connect(ssl) : SSL_accept(ssl));
    } else if (which < 84) {
        drive();
    } else if (which < 86) {
        end_stream(side);
    } else if (which < 89) {
        stray(side);
    } else if (which < 92) {
        begin_again(side);
    } else if (which < 96) {
        set_something(side);
    } else if (which < 97) {
        join_sides();
    } else {
        fresh(&now.sides[0]);
        fresh(&now.sides[1]);
        join_sides();
        drive();
    }
    printf("after a call of the %s\n", side->name);
}

static void sequence(int seed, const struct contexts *ctx)
{
    state = (uint64_t)seed * 7919 + 13;
    for (int i = 0; i < 5; i++)
        draw(2);
    now.ctx = ctx[draw(2)];
    now.medium = (enum medium)draw(N_MEDIA);
    now.spoiled = 0;
    printf("-- sequence %d\n", seed);
    for (int i = 0; i < 2; i++) {
        now.sides[i] = (struct side){ .name = i ? "server" : "client", .is_server = i };
        fresh(&now.sides[i]);
    }
    join_sides();
    if (now.medium == SMALL_PAIR || draw(4) != 0)
        drive();
    for (int i = 0; i < 40; i++) {
        one_call(&now.sides[draw(2)]);
        show_side(&now.sides[0]);
        show_side(&now.sides[1]);
        /* a hello that has to wait for room waits for longer if it is longer */
        if (now.medium == SMALL_PAIR && now.spoiled)
            break;
    }
    pair_free(now.sides[0].ssl, now.sides[1].ssl);
    ERR_clear_error();
}

int main(void)
{
    int sequences = getenv("CAPI_SHORT") == NULL ? 300 : 30;
    struct contexts ctx[2] = { contexts_new("ecdsa", TLS1_2_VERSION), contexts_new("ecdsa", TLS1_3_VERSION) };

    signal(SIGPIPE, SIG_IGN);
    fill_pattern(data, sizeof data, 7);
    for (int i = 0; i < 2; i++) {
        SSL_CTX_set_num_tickets(ctx[i].server, 1);
        SSL_CTX_set_session_id_context(ctx[i].server, (const unsigned char *)"random", 6);
    }
    for (int seed = 0; seed < sequences; seed++)
        sequence(seed, ctx);
    contexts_free(&ctx[0]);
    contexts_free(&ctx[1]);
    return 0;
}
