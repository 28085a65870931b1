/* BIOs that fail: each way of failing, at each place, and what the connection answers then and afterwards. */
#include "call.h"

/* What a call of the faulty BIO answers in place of moving data. */
struct fault {
    const char *name;
    int value, flags, reason;
    int queue; /* library of an entry that it queues, 0 for none */
    int number; /* errno that it leaves */
    int at_end; /* BIO_eof answers so */
};

#define RETRY BIO_FLAGS_SHOULD_RETRY

static const struct fault faults[] = {
    { "fails", -1, 0, 0, 0, 0, 0 },
    { "nothing", 0, 0, 0, 0, 0, 0 },
    { "end", 0, 0, 0, 0, 0, 1 },
    { "-2", -2, 0, 0, 0, 0, 0 },
    { "-5", -5, 0, 0, 0, 0, 0 },
    { "retry read", -1, BIO_FLAGS_READ | RETRY, 0, 0, 0, 0 },
    { "retry write", -1, BIO_FLAGS_WRITE | RETRY, 0, 0, 0, 0 },
    { "nothing, retry read", 0, BIO_FLAGS_READ | RETRY, 0, 0, 0, 0 },
    { "connect", -1, BIO_FLAGS_IO_SPECIAL | RETRY, BIO_RR_CONNECT, 0, 0, 0 },
    { "accept", -1, BIO_FLAGS_IO_SPECIAL | RETRY, BIO_RR_ACCEPT, 0, 0, 0 },
    { "certificate", -1, BIO_FLAGS_IO_SPECIAL | RETRY, BIO_RR_SSL_X509_LOOKUP, 0, 0, 0 },
    { "retry what", -1, RETRY, 0, 0, 0, 0 },
    { "queues an error", -1, 0, 0, ERR_LIB_USER, 0, 0 },
    { "queues a system error", -1, 0, 0, ERR_LIB_SYS, 0, 0 },
    { "queues an error, retry read", -1, BIO_FLAGS_READ | RETRY, 0, ERR_LIB_USER, 0, 0 },
    { "reset", -1, 0, 0, 0, ECONNRESET, 0 },
    { "broken pipe", -1, 0, 0, 0, EPIPE, 0 },
    { "more than there is", 1000000, 0, 0, 0, 0, 0 },
};

#define N_FAULTS (sizeof faults / sizeof *faults)

enum place { AT_READ, AT_WRITE, AT_FLUSH, NOWHERE };

static const char *const place_names[] = { "read", "write", "flush" };

/* The fault that is due: at call `at` of its kind, and at all later ones if it stays. */
static struct {
    const struct fault *fault;
    enum place place;
    int at, stays;
} due = { .place = NOWHERE };

static int calls[3];

static int is_due(enum place place)
{
    int call = calls[place]++;

    return due.place == place && (call == due.at || (due.stays && call > due.at));
}

static int fail(BIO *bio)
{
    BIO_clear_retry_flags(bio);
    BIO_set_flags(bio, due.fault->flags);
    BIO_set_retry_reason(bio, due.fault->reason);
    if (due.fault->queue != 0)
        ERR_raise(due.fault->queue, 9);
    errno = due.fault->number;
    return due.fault->value;
}

static int faulty_read(BIO *bio, char *buf, int len)
{
    if (is_due(AT_READ))
        return fail(bio);
    BIO_clear_retry_flags(bio);
    len = BIO_read(BIO_get_data(bio), buf, len);
    if (len <= 0)
        BIO_set_retry_read(bio);
    return len;
}

static int faulty_write(BIO *bio, const char *buf, int len)
{
    if (is_due(AT_WRITE))
        return fail(bio);
    BIO_clear_retry_flags(bio);
    return BIO_write(BIO_get_data(bio), buf, len);
}

static long faulty_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)num;
    (void)ptr;
    if (cmd == BIO_CTRL_FLUSH)
        return is_due(AT_FLUSH) ? fail(bio) : 1;
    return cmd == BIO_CTRL_EOF && due.fault != NULL && due.fault->at_end;
}

static int faulty_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO *faulty_bio(BIO *store)
{
    static BIO_METHOD *method;
    BIO *bio;

    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "faulty");
        if (method == NULL || !BIO_meth_set_read(method, faulty_read) || !BIO_meth_set_write(method, faulty_write)
            || !BIO_meth_set_ctrl(method, faulty_ctrl) || !BIO_meth_set_create(method, faulty_create))
            check_give_up("BIO method");
    }
    if ((bio = BIO_new(method)) == NULL)
        check_give_up("BIO");
    BIO_set_data(bio, store);
    return bio;
}

/* ---- a connection of which one side has faulty BIOs ---- */

static struct contexts ctx;

struct ends {
    SSL *tested, *other;
    BIO *up, *down;
};

static struct ends ends_new(int is_server)
{
    struct ends ends = { SSL_new(is_server ? ctx.server : ctx.client), SSL_new(is_server ? ctx.client : ctx.server), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()) };

    if (ends.tested == NULL || ends.other == NULL || ends.up == NULL || ends.down == NULL)
        check_give_up("a pair");
    due.place = NOWHERE;
    memset(calls, 0, sizeof calls);
    BIO_set_mem_eof_return(ends.up, -1);
    BIO_set_mem_eof_return(ends.down, -1);
    BIO_up_ref(ends.up);
    BIO_up_ref(ends.down);
    SSL_set_bio(ends.other, ends.up, ends.down);
    SSL_set0_rbio(ends.tested, faulty_bio(ends.down));
    SSL_set0_wbio(ends.tested, faulty_bio(ends.up));
    if (is_server) {
        SSL_set_accept_state(ends.tested);
        SSL_set_connect_state(ends.other);
    } else {
        SSL_set_connect_state(ends.tested);
        SSL_set_accept_state(ends.other);
    }
    return ends;
}

static void ends_free(struct ends *ends)
{
    due.place = NOWHERE;
    pair_free(ends->tested, ends->other);
    BIO_free(ends->up);
    BIO_free(ends->down);
    ERR_clear_error();
}

static void show_more(SSL *ssl)
{
    BIO *in = SSL_get_rbio(ssl), *out = SSL_get_wbio(ssl);

    printf("  want %d, shutdown %d, failed %d, in %d %d %d, out %d %d %d\n", SSL_want(ssl), SSL_get_shutdown(ssl), strcmp(SSL_state_string_long(ssl), "error") == 0,
           BIO_should_read(in) != 0, BIO_should_write(in) != 0, BIO_should_io_special(in) != 0, BIO_should_read(out) != 0, BIO_should_write(out) != 0,
           BIO_should_io_special(out) != 0);
}

/* ---- faults in the handshake ---- */

static void in_handshake(int is_server, enum place place, int at, const struct fault *fault)
{
    struct ends ends = ends_new(is_server);
    SSL *ssl = ends.tested;
    char buf[16];

    printf("-- %s, %s %d: %s\n", is_server ? "server" : "client", place_names[place], at, fault->name);
    due.place = place;
    due.at = at;
    due.fault = fault;
    for (int round = 0; round < 5; round++) {
        int before = calls[place], value;

        ERR_clear_error();
        errno = 0;
        value = SSL_do_handshake(ssl);
        /* the records of the two libraries differ, and so does how often a call would block */
        if (value > 0 || (before <= at && calls[place] > at)) {
            int number = errno;

            call_show("SSL_do_handshake", ssl, value);
            show_more(ssl);
            if (fault->number != 0 && value <= 0)
                printf("  errno kept %d\n", number == fault->number);
        }
        ERR_clear_error();
        SSL_do_handshake(ends.other);
    }
    ERR_clear_error();
    printf("  done %d %d\n", SSL_is_init_finished(ssl), SSL_is_init_finished(ends.other));
    if (SSL_is_init_finished(ssl) && SSL_is_init_finished(ends.other)) {
        CALL(ssl, SSL_write(ssl, "data", 4));
        CALL(ends.other, SSL_read(ends.other, buf, sizeof buf));
    }
    ends_free(&ends);
}

/* Every fault, or some of them where that would take long. */
static const struct fault *next(const struct fault *fault)
{
    return fault + (getenv("CAPI_SHORT") == NULL ? 1 : 5);
}

static void handshakes(void)
{
    for (int is_server = 0; is_server < 2; is_server++)
        for (const struct fault *fault = faults; fault < faults + N_FAULTS; fault = next(fault)) {
            for (int at = 0; at < 3; at++)
                in_handshake(is_server, AT_READ, at, fault);
            /* a BIO that takes more than it was given makes no sense */
            for (int at = 0; at < 2 && fault->value <= 0; at++)
                in_handshake(is_server, AT_WRITE, at, fault);
            /* with retry flags the reference says less here than later versions of it */
            for (int at = 0; at < 2 && fault->value <= 0 && fault->flags == 0; at++)
                in_handshake(is_server, AT_FLUSH, at, fault);
        }
}

/* ---- faults on an open connection ---- */

enum op { READ, PEEK, WRITE, SHUTDOWN, N_OPS };

static const char *const op_names[N_OPS] = { "SSL_read", "SSL_peek", "SSL_write", "SSL_shutdown" };

static int run(SSL *ssl, enum op op)
{
    static char buf[100];

    switch (op) {
    case READ:
        return SSL_read(ssl, buf, 10);
    case PEEK:
        return SSL_peek(ssl, buf, 10);
    case WRITE:
        return SSL_write(ssl, "hello", 5);
    default:
        return SSL_shutdown(ssl);
    }
}

static void when_open(int is_server, enum place place, int at, const struct fault *fault, enum op op)
{
    struct ends ends = ends_new(is_server);
    SSL *ssl = ends.tested;
    char buf[100];

    pair_connect(ends.tested, ends.other);
    pair_settle(is_server ? ends.other : ends.tested);
    if (SSL_write(ends.other, "abc", 3) != 3)
        check_give_up("SSL_write");
    printf("-- %s, %s %d in %s: %s\n", is_server ? "server" : "client", place_names[place], at, op_names[op], fault->name);
    memset(calls, 0, sizeof calls);
    due.place = place;
    due.at = at;
    due.fault = fault;
    for (int i = 0; i < 3; i++) {
        int number;

        errno = 0;
        CALL_AS(op_names[op], ssl, (run(ssl, op)));
        number = errno;
        show_more(ssl);
        if (i == 0 && fault->number != 0)
            printf("  errno kept %d\n", number == fault->number);
        due.place = NOWHERE;
    }
    CALL(ssl, SSL_write(ssl, "tail", 4));
    CALL(ssl, SSL_read(ssl, buf, sizeof buf));
    CALL(ssl, SSL_shutdown(ssl));
    CALL(ssl, SSL_shutdown(ssl));
    CALL(ssl, SSL_do_handshake(ssl));
    ends_free(&ends);
}

static void open_connections(void)
{
    for (const struct fault *fault = faults; fault < faults + N_FAULTS; fault = next(fault)) {
        for (enum op op = READ; op < N_OPS; op++) {
            when_open(0, AT_READ, 0, fault, op);
            when_open(1, AT_READ, 1, fault, op);
            if (fault->value <= 0)
                when_open(0, AT_WRITE, 0, fault, op);
        }
        if (fault->value <= 0)
            when_open(1, AT_FLUSH, 0, fault, SHUTDOWN);
    }
}

static void each(int version)
{
    ctx = contexts_new("ecdsa", version);
    SSL_CTX_set_num_tickets(ctx.server, 1);
    handshakes();
    open_connections();
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("faults", each);
    return 0;
}
