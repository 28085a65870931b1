/* A side whose peer is the test: bytes are put in by hand and what it sends is looked at. */
#ifndef CAPI_TESTS_WIRE_H
#define CAPI_TESTS_WIRE_H

#include "call.h"

/* The end of what was put in: would-block, end of stream, or an error of the transport. */
enum wire_end { WIRE_WAITS, WIRE_CLOSED, WIRE_RESET };

struct wire {
    SSL *ssl;
    BIO *in, *out;
};

/* ---- a BIO whose reads fail as a reset socket's do ---- */

static inline int wire_reset_read(BIO *bio, char *buf, int len)
{
    (void)buf;
    (void)len;
    BIO_clear_retry_flags(bio);
    errno = ECONNRESET;
    return -1;
}

static inline int wire_reset_write(BIO *bio, const char *buf, int len)
{
    (void)buf;
    BIO_clear_retry_flags(bio);
    return len;
}

static inline long wire_reset_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH;
}

static inline int wire_reset_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static inline BIO *wire_reset_bio(void)
{
    static BIO_METHOD *method;
    BIO *bio;

    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "reset");
        if (method == NULL || !BIO_meth_set_read(method, wire_reset_read) || !BIO_meth_set_write(method, wire_reset_write)
            || !BIO_meth_set_ctrl(method, wire_reset_ctrl) || !BIO_meth_set_create(method, wire_reset_create))
            check_give_up("BIO method");
    }
    if ((bio = BIO_new(method)) == NULL)
        check_give_up("BIO");
    return bio;
}

/* ---- putting in ---- */

/* A side of `ctx` with nothing to read yet. */
static inline struct wire wire_new(SSL_CTX *ctx)
{
    struct wire wire = { SSL_new(ctx), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()) };

    if (wire.ssl == NULL || wire.in == NULL || wire.out == NULL)
        check_give_up("wire");
    BIO_set_mem_eof_return(wire.in, -1);
    SSL_set_bio(wire.ssl, wire.in, wire.out);
    if (SSL_CTX_get_ssl_method(ctx) == TLS_client_method())
        SSL_set_connect_state(wire.ssl);
    else
        SSL_set_accept_state(wire.ssl);
    return wire;
}

static inline void wire_free(struct wire *wire)
{
    SSL_free(wire->ssl);
}

static inline void wire_put(struct wire *wire, const void *data, size_t len)
{
    if (len > 0 && BIO_write(wire->in, data, (int)len) != (int)len)
        check_give_up("wire_put");
}

static inline void wire_end_with(struct wire *wire, enum wire_end end)
{
    if (end == WIRE_CLOSED) {
        BIO_set_mem_eof_return(wire->in, 0);
    } else if (end == WIRE_RESET) {
        wire->in = wire_reset_bio();
        SSL_set0_rbio(wire->ssl, wire->in);
    }
}

/* What the side has sent since the last look: type and length of each record, level and number of an alert in clear. */
static inline void wire_show_sent(struct wire *wire)
{
    unsigned char *data = NULL;
    long len = BIO_get_mem_data(wire->out, &data);

    printf("  sent");
    for (long at = 0; at + 5 <= len;) {
        int body = data[at + 3] << 8 | data[at + 4];

        if (data[at] == SSL3_RT_ALERT && body == 2)
            printf(" alert(%d,%d) in a record of %d.%d", data[at + 5], data[at + 6], data[at + 1], data[at + 2]);
        else
            printf(" %d", data[at]);
        at += 5 + body;
    }
    printf(len == 0 ? " nothing\n" : "\n");
    (void)BIO_reset(wire->out);
}

#endif
