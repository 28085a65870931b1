/*
 * What the peer can do wrong on the wire, byte by byte: the return value, SSL_get_error, the error queue with its texts,
 * and the alert that is sent in answer.
 */
#include "wire.h"

/* One thing that arrives; `text` may hold zero bytes, so its length stands beside it. */
struct arrival {
    const char *name;
    const char *text;
    size_t len;
    enum wire_end end;
};

#define BYTES(literal) literal, sizeof(literal) - 1

static struct contexts ctx;

static void show_call(SSL *ssl, const char *label, int ret)
{
    printf("%s = %d, error %s\n", label, ret, call_error_name(SSL_get_error(ssl, ret)));
    if (ERR_peek_error() != 0)
        SHOW_ERR_DATA();
}

/* Calls of the handshake until it fails, and one of each kind after that. */
static void receive(struct wire *wire, const struct arrival *arrival)
{
    char byte;
    int ret;

    printf("-- %s\n", arrival->name);
    wire_put(wire, arrival->text, arrival->len);
    wire_end_with(wire, arrival->end);
    ERR_clear_error();
    ret = SSL_do_handshake(wire->ssl);
    show_call(wire->ssl, "SSL_do_handshake", ret);
    wire_show_sent(wire);
    printf("  state %s, shutdown %d\n", SSL_state_string_long(wire->ssl), SSL_get_shutdown(wire->ssl));
    ret = SSL_do_handshake(wire->ssl);
    show_call(wire->ssl, "again", ret);
    ret = SSL_read(wire->ssl, &byte, 1);
    show_call(wire->ssl, "SSL_read", ret);
    wire_show_sent(wire);
}

/* ---- the answer to a ClientHello ---- */

static const struct arrival to_client[] = {
    { "HTTP answer", BYTES("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), WIRE_WAITS },
    { "SMTP greeting", BYTES("220 mail.example ESMTP ready\r\n"), WIRE_WAITS },
    { "SSH greeting", BYTES("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), WIRE_CLOSED },
    { "zeros", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"), WIRE_WAITS },
    { "end of stream at once", NULL, 0, WIRE_CLOSED },
    { "reset at once", NULL, 0, WIRE_RESET },
    { "end of stream in a record's header", BYTES("\x16\x03\x03"), WIRE_CLOSED },
    { "end of stream in a record", BYTES("\x16\x03\x03\x00\x30\x02\x00"), WIRE_CLOSED },
    { "end of stream in a message", BYTES("\x16\x03\x03\x00\x04\x02\x00\x00\x30"), WIRE_CLOSED },
    { "half a header", BYTES("\x16\x03"), WIRE_WAITS },
    { "half a record", BYTES("\x16\x03\x03\x00\x30\x02\x00\x00"), WIRE_WAITS },
    { "unknown record type", BYTES("\x63\x03\x03\x00\x02\x01\x01"), WIRE_WAITS },
    { "application data", BYTES("\x17\x03\x03\x00\x03" "abc"), WIRE_WAITS },
    { "record of version 2.0", BYTES("\x16\x02\x00\x00\x04\x02\x00\x00\x00"), WIRE_WAITS },
    { "record of version 4.0", BYTES("\x16\x04\x00\x00\x04\x02\x00\x00\x00"), WIRE_WAITS },
    { "record of 18433 bytes", BYTES("\x16\x03\x03\x48\x01" "x"), WIRE_WAITS },
    { "record of 65535 bytes", BYTES("\x16\x03\x03\xff\xff" "x"), WIRE_WAITS },
    { "alert of one byte", BYTES("\x15\x03\x03\x00\x01\x02"), WIRE_WAITS },
    { "alert of three bytes", BYTES("\x15\x03\x03\x00\x03\x02\x28\x00"), WIRE_WAITS },
    { "two alerts in a record", BYTES("\x15\x03\x03\x00\x04\x01\x5a\x02\x28"), WIRE_WAITS },
    { "alert of level 3", BYTES("\x15\x03\x03\x00\x02\x03\x28"), WIRE_WAITS },
    { "close_notify", BYTES("\x15\x03\x03\x00\x02\x01\x00"), WIRE_WAITS },
    { "fatal close_notify", BYTES("\x15\x03\x03\x00\x02\x02\x00"), WIRE_WAITS },
    { "change_cipher_spec of two", BYTES("\x14\x03\x03\x00\x01\x02"), WIRE_WAITS },
    { "change_cipher_spec with two bytes", BYTES("\x14\x03\x03\x00\x02\x01\x01"), WIRE_WAITS },
    { "message of 16 MiB", BYTES("\x16\x03\x03\x00\x04\x02\xff\xff\xff"), WIRE_WAITS },
    { "Certificate first", BYTES("\x16\x03\x03\x00\x04\x0b\x00\x00\x00"), WIRE_WAITS },
    { "Finished first", BYTES("\x16\x03\x03\x00\x04\x14\x00\x00\x00"), WIRE_WAITS },
    { "unknown message", BYTES("\x16\x03\x03\x00\x04\x63\x00\x00\x00"), WIRE_WAITS },
    { "ClientHello", BYTES("\x16\x03\x03\x00\x04\x01\x00\x00\x00"), WIRE_WAITS },
    { "HelloRequest, then the end", BYTES("\x16\x03\x03\x00\x04\x00\x00\x00\x00"), WIRE_CLOSED },
    { .name = NULL },
};

/* ---- the first bytes of a client ---- */

static const struct arrival to_server[] = {
    { "GET", BYTES("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), WIRE_WAITS },
    { "POST", BYTES("POST /form HTTP/1.1\r\n\r\n"), WIRE_WAITS },
    { "HEAD", BYTES("HEAD / HTTP/1.1\r\n\r\n"), WIRE_WAITS },
    { "PUT", BYTES("PUT / HTTP/1.1\r\n\r\n"), WIRE_WAITS },
    { "CONNECT", BYTES("CONNECT localhost:443 HTTP/1.1\r\n\r\n"), WIRE_WAITS },
    { "OPTIONS", BYTES("OPTIONS * HTTP/1.1\r\n\r\n"), WIRE_WAITS },
    { "lower case", BYTES("get / http/1.1\r\n\r\n"), WIRE_WAITS },
    { "GET, cut", BYTES("GET"), WIRE_CLOSED },
    { "SMTP", BYTES("EHLO localhost\r\nMAIL FROM:<a@localhost>\r\n"), WIRE_WAITS },
    { "zeros", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"), WIRE_WAITS },
    { "end of stream at once", NULL, 0, WIRE_CLOSED },
    { "reset at once", NULL, 0, WIRE_RESET },
    { "end of stream in a header", BYTES("\x16\x03\x01"), WIRE_CLOSED },
    { "end of stream in a record", BYTES("\x16\x03\x01\x01\x00\x01\x00\x00\xfc"), WIRE_CLOSED },
    { "end of stream in a message", BYTES("\x16\x03\x01\x00\x04\x01\x00\x00\xfc"), WIRE_CLOSED },
    { "half a record", BYTES("\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03"), WIRE_WAITS },
    { "unknown record type", BYTES("\x63\x03\x01\x00\x02\x01\x01\0\0\0\0"), WIRE_WAITS },
    { "application data", BYTES("\x17\x03\x03\x00\x06" "abcdef"), WIRE_WAITS },
    { "record of 16385 bytes", BYTES("\x16\x03\x01\x48\x01" "xxxxxxx"), WIRE_WAITS },
    { "record of no bytes", BYTES("\x16\x03\x01\x00\x00\x16\x03\x01\x00\x00\0\0\0"), WIRE_WAITS },
    { "close_notify", BYTES("\x15\x03\x03\x00\x02\x01\x00\0\0\0\0"), WIRE_WAITS },
    { "alert 40", BYTES("\x15\x03\x03\x00\x02\x02\x28\0\0\0\0"), WIRE_WAITS },
    { "change_cipher_spec", BYTES("\x14\x03\x03\x00\x01\x01\0\0\0\0\0"), WIRE_WAITS },
    { "ServerHello", BYTES("\x16\x03\x03\x00\x06\x02\x00\x00\x02\x00\x00"), WIRE_WAITS },
    { "unknown message", BYTES("\x16\x03\x03\x00\x06\x63\x00\x00\x02\x00\x00"), WIRE_WAITS },
    { "ClientHello of 16 MiB", BYTES("\x16\x03\x01\x00\x06\x01\xff\xff\xff\x03\x03"), WIRE_WAITS },
    { .name = NULL },
};

static void from_list(const char *title, SSL_CTX *side, const struct arrival *list)
{
    SECTION(title);
    for (; list->name != NULL; list++) {
        struct wire wire = wire_new(side);

        /* a client's own hello is not an answer */
        if (side == ctx.client)
            SSL_do_handshake(wire.ssl);
        (void)BIO_reset(wire.out);
        receive(&wire, list);
        wire_free(&wire);
    }
}

/* ---- every alert ---- */

static void each_alert(void)
{
    SECTION("each fatal alert, received by a client");
    for (int number = 1; number < 256; number++) {
        struct wire wire = wire_new(ctx.client);
        const unsigned char record[] = { SSL3_RT_ALERT, 3, 3, 0, 2, SSL3_AL_FATAL, (unsigned char)number };
        int ret;

        SSL_do_handshake(wire.ssl);
        (void)BIO_reset(wire.out);
        wire_put(&wire, record, sizeof record);
        ERR_clear_error();
        ret = SSL_do_handshake(wire.ssl);
        printf("alert %d %s (%s): %d, error %s\n", number, SSL_alert_desc_string_long(number), SSL_alert_desc_string(number), ret,
               call_error_name(SSL_get_error(wire.ssl, ret)));
        SHOW_ERR_DATA();
        wire_free(&wire);
    }
}

static void each_warning(void)
{
    static const unsigned char numbers[] = { SSL_AD_CLOSE_NOTIFY, SSL_AD_USER_CANCELLED, SSL_AD_NO_RENEGOTIATION, SSL_AD_UNRECOGNIZED_NAME };

    SECTION("warnings, received by a client");
    for (size_t i = 0; i < sizeof numbers; i++) {
        struct wire wire = wire_new(ctx.client);
        const unsigned char record[] = { SSL3_RT_ALERT, 3, 3, 0, 2, SSL3_AL_WARNING, numbers[i] };
        int ret;

        SSL_do_handshake(wire.ssl);
        wire_put(&wire, record, sizeof record);
        ERR_clear_error();
        ret = SSL_do_handshake(wire.ssl);
        printf("warning %d: ", numbers[i]);
        show_call(wire.ssl, "SSL_do_handshake", ret);
        wire_free(&wire);
    }
}

/* ---- records of an open connection ---- */

struct damage {
    const char *name;
    int offset;         /* byte of the record to change, from the end if negative; NO_BYTE for none */
    int cut;            /* bytes to leave out at the end */
    int length_change;  /* added to the length in the header */
    enum wire_end end;
};

enum { NO_BYTE = 1000 };

static const struct damage damages[] = {
    { "nothing", NO_BYTE, 0, 0, WIRE_WAITS },
    { "body changed", 12, 0, 0, WIRE_WAITS },
    { "tag changed", -1, 0, 0, WIRE_WAITS },
    { "type changed", 0, 0, 0, WIRE_WAITS },
    { "version changed", 1, 0, 0, WIRE_WAITS },
    { "record cut short by one byte", NO_BYTE, 1, -1, WIRE_WAITS },
    { "record without body", NO_BYTE, -1, -1000, WIRE_WAITS },
    { "header says too much, then the end", NO_BYTE, 0, 5, WIRE_CLOSED },
    { "header says 65535", NO_BYTE, 0, 65535, WIRE_WAITS },
    { "end inside", NO_BYTE, 10, 0, WIRE_CLOSED },
    { "would-block inside", NO_BYTE, 10, 0, WIRE_WAITS },
    { "reset inside", NO_BYTE, 10, 0, WIRE_RESET },
};

static int damage_record(const struct damage *damage, unsigned char *record, int len)
{
    int body = (record[3] << 8 | record[4]) + damage->length_change;

    if (damage->length_change == 65535)
        body = 65535;
    if (body < 0)
        body = 0;
    record[3] = (unsigned char)(body >> 8);
    record[4] = (unsigned char)body;
    if (damage->offset != NO_BYTE)
        record[damage->offset < 0 ? len + damage->offset : damage->offset] ^= 0x01;
    if (damage->cut == -1)
        return 5;
    return len - damage->cut;
}

/* The server's record reaches the client damaged; the client's answer reaches the server. */
static void damaged_record(int version, const struct damage *damage)
{
    struct contexts both = contexts_new("ecdsa", version);
    SSL *client, *server;
    unsigned char record[400];
    char buf[64];
    int len, ret;
    struct wire wire;

    printf("-- %s\n", damage->name);
    pair_new_over(&client, &server, both.client, both.server, PAIR_MEM);
    pair_connect(client, server);
    pair_settle(client);
    (void)SSL_write(server, "twenty bytes of data", 20);
    len = BIO_read(SSL_get_wbio(server), record, sizeof record);
    wire = (struct wire){ client, SSL_get_rbio(client), SSL_get_wbio(client) };
    wire_put(&wire, record, (size_t)damage_record(damage, record, len));
    wire_end_with(&wire, damage->end);
    CALL(client, SSL_read(client, buf, sizeof buf));
    CALL(client, SSL_read(client, buf, sizeof buf));
    CALL(client, SSL_write(client, "x", 1));
    printf("state %s, shutdown %d\n", SSL_state_string_long(client), SSL_get_shutdown(client));
    CALL(client, SSL_shutdown(client));
    ERR_clear_error();
    ret = SSL_read(server, buf, sizeof buf);
    printf("the server: ");
    show_call(server, "SSL_read", ret);
    pair_free(client, server);
    contexts_free(&both);
}

static void damaged_records(int version)
{
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++)
        damaged_record(version, &damages[i]);
}

/* A record that arrives a second time, and one that never comes. */
static void replayed_and_lost(int version)
{
    struct contexts both = contexts_new("ecdsa", version);
    unsigned char first[100], second[100];
    SSL *client, *server;
    char buf[64];
    int a, b;

    for (int lost = 0; lost < 2; lost++) {
        pair_new_over(&client, &server, both.client, both.server, PAIR_MEM);
        pair_connect(client, server);
        pair_settle(client);
        (void)SSL_write(server, "first", 5);
        a = BIO_read(SSL_get_wbio(server), first, sizeof first);
        (void)SSL_write(server, "second", 6);
        b = BIO_read(SSL_get_wbio(server), second, sizeof second);
        if (!lost)
            BIO_write(SSL_get_rbio(client), first, a);
        BIO_write(SSL_get_rbio(client), lost ? second : first, lost ? b : a);
        printf("-- %s\n", lost ? "lost" : "replayed");
        CALL(client, SSL_read(client, buf, sizeof buf));
        CALL(client, SSL_read(client, buf, sizeof buf));
        pair_free(client, server);
    }
    contexts_free(&both);
}

/* Records in clear on an encrypted connection. */
static void clear_records(int version)
{
    static const struct arrival list[] = {
        { "fatal alert in clear", BYTES("\x15\x03\x03\x00\x02\x02\x28"), WIRE_WAITS },
        { "close_notify in clear", BYTES("\x15\x03\x03\x00\x02\x01\x00"), WIRE_WAITS },
        { "change_cipher_spec in clear", BYTES("\x14\x03\x03\x00\x01\x01"), WIRE_WAITS },
        { "handshake in clear", BYTES("\x16\x03\x03\x00\x04\x00\x00\x00\x00"), WIRE_WAITS },
        { "text", BYTES("HTTP/1.1 200 OK\r\n\r\n"), WIRE_WAITS },
        { "end of stream", NULL, 0, WIRE_CLOSED },
        { "reset", NULL, 0, WIRE_RESET },
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct contexts both = contexts_new("ecdsa", version);
        struct wire wire;
        SSL *client, *server;
        char buf[10];

        printf("-- %s\n", list[i].name);
        pair_new_over(&client, &server, both.client, both.server, PAIR_MEM);
        pair_connect(client, server);
        pair_settle(client);
        wire = (struct wire){ client, SSL_get_rbio(client), SSL_get_wbio(client) };
        wire_put(&wire, list[i].text, list[i].len);
        wire_end_with(&wire, list[i].end);
        CALL(client, SSL_read(client, buf, sizeof buf));
        CALL(client, SSL_read(client, buf, sizeof buf));
        CALL(client, SSL_write(client, "x", 1));
        pair_free(client, server);
        contexts_free(&both);
    }
}

/* The transport refuses to take what is written. */
static int broken_write(BIO *bio, const char *buf, int len)
{
    (void)buf;
    (void)len;
    BIO_clear_retry_flags(bio);
    errno = EPIPE;
    return -1;
}

static void broken_transport(int version)
{
    struct contexts both = contexts_new("ecdsa", version);
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "broken");
    SSL *client, *server;
    char buf[8];

    if (method == NULL || !BIO_meth_set_write(method, broken_write) || !BIO_meth_set_ctrl(method, wire_reset_ctrl)
        || !BIO_meth_set_create(method, wire_reset_create))
        check_give_up("BIO method");
    printf("-- in the handshake\n");
    pair_new(&client, &server, both.client, both.server);
    SSL_set0_wbio(client, BIO_new(method));
    CALL(client, SSL_do_handshake(client));
    SHOW(errno);
    CALL(client, SSL_do_handshake(client));
    pair_free(client, server);
    printf("-- afterwards\n");
    pair_new(&client, &server, both.client, both.server);
    pair_connect(client, server);
    SSL_set0_wbio(client, BIO_new(method));
    CALL(client, SSL_write(client, "data", 4));
    SHOW(errno);
    CALL(client, SSL_read(client, buf, sizeof buf));
    CALL(client, SSL_shutdown(client));
    pair_free(client, server);
    BIO_meth_free(method);
    contexts_free(&both);
}

int main(void)
{
    ctx = contexts_new("ecdsa", 0);
    from_list("what a client receives first", ctx.client, to_client);
    from_list("what a server receives first", ctx.server, to_server);
    each_alert();
    each_warning();
    in_both_versions("damaged records", damaged_records);
    in_both_versions("replayed and lost records", replayed_and_lost);
    in_both_versions("records in clear", clear_records);
    in_both_versions("broken transport", broken_transport);
    contexts_free(&ctx);
    return 0;
}
