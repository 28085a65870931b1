/* Certificate messages that are broken on their way, in TLS 1.2: the error, the alert and what is left to see. */
#include "call.h"
#include "load.h"
#include "wire.h"

#define ROOM 400000

struct bytes {
    unsigned char *data;
    size_t len;
};

static struct bytes leaf, inter;
static unsigned char *room; /* the certificate list being made */
static size_t used;

static void put(const void *data, size_t len)
{
    if (used + len > ROOM)
        check_give_up("room");
    memcpy(room + used, data, len);
    used += len;
}

static void put24(size_t value)
{
    unsigned char bytes[3] = { (unsigned char)(value >> 16), (unsigned char)(value >> 8), (unsigned char)value };

    put(bytes, 3);
}

static void entry(const void *data, size_t len)
{
    put24(len);
    put(data, len);
}

static struct bytes der_of(const char *file)
{
    X509 *cert = load_cert(file);
    struct bytes der = { NULL, 0 };

    der.len = (size_t)i2d_X509(cert, &der.data);
    X509_free(cert);
    return der;
}

/* ---- what is put in place of the list ---- */

static void usual(void)
{
    entry(leaf.data, leaf.len);
    entry(inter.data, inter.len);
}
static void nothing(void) {}
static void empty_entry(void) { entry("", 0); }
static void garbage(void) { entry("garbage", 7); }
static void one_byte(void) { entry("\x30", 1); }
static void cut(void) { entry(leaf.data, leaf.len - 10); }
static void trailing(void)
{
    put24(leaf.len + 3);
    put(leaf.data, leaf.len);
    put("abc", 3);
}
static void indefinite(void)
{
    /* the same content, with its end marked */
    put24(leaf.len);
    put("\x30\x80", 2);
    put(leaf.data + 4, leaf.len - 4);
    put("\0\0", 2);
}
static void long_length(void)
{
    unsigned char head[5] = { 0x30, 0x83, 0, leaf.data[2], leaf.data[3] };

    put24(leaf.len + 1);
    put(head, 5);
    put(leaf.data + 4, leaf.len - 4);
}
static void changed(size_t at, unsigned char value)
{
    unsigned char saved = leaf.data[at];

    leaf.data[at] = value;
    entry(leaf.data, leaf.len);
    leaf.data[at] = saved;
    entry(inter.data, inter.len);
}
static void tag(void) { changed(0, 0x31); }
static void inner_tag(void) { changed(4, 0x31); }
static void inner_length(void) { changed(7, (unsigned char)(leaf.data[7] + 1)); }
static void version(void) { changed(12, 5); }
static void signature(void) { changed(leaf.len - 1, (unsigned char)(leaf.data[leaf.len - 1] ^ 1)); }
static size_t find(const void *what, size_t len)
{
    unsigned char *at = memmem(leaf.data, leaf.len, what, len);

    if (at == NULL)
        check_give_up("nothing like that in the certificate");
    return (size_t)(at - leaf.data);
}
static void key_type(void) { changed(find("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", 9) + 8, 0x7f); }
static void curve(void) { changed(find("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10) + 9, 0x7f); }
static void point(void) { changed(find("\x03\x42\x00\x04", 4) + 10, 0x55); }
static void point_form(void) { changed(find("\x03\x42\x00\x04", 4) + 3, 0x09); }
static void second_garbage(void)
{
    entry(leaf.data, leaf.len);
    entry("garbage", 7);
}
static void second_empty(void)
{
    entry(leaf.data, leaf.len);
    entry("", 0);
}
static void beyond(void)
{
    put24(leaf.len + 100);
    put(leaf.data, leaf.len);
}
static void rest_of_two(void)
{
    entry(leaf.data, leaf.len);
    put("\0\0", 2);
}
static void twice(void)
{
    entry(leaf.data, leaf.len);
    entry(leaf.data, leaf.len);
    entry(inter.data, inter.len);
}
static void hundred(void)
{
    entry(leaf.data, leaf.len);
    for (int i = 0; i < 100; i++)
        entry(inter.data, inter.len);
}
static void too_many(void)
{
    entry(leaf.data, leaf.len);
    for (int i = 0; i < 400; i++)
        entry(inter.data, inter.len);
}
static void other_leaf(void)
{
    struct bytes other = der_of("p384.pem");

    entry(other.data, other.len);
    OPENSSL_free(other.data);
}
static void other_key_kind(void)
{
    struct bytes other = der_of("rsa.pem");

    entry(other.data, other.len);
    OPENSSL_free(other.data);
}
static void same_key_kind(void)
{
    struct bytes other = der_of("wronghost.pem");

    entry(other.data, other.len);
    OPENSSL_free(other.data);
}

static const struct change {
    const char *name;
    void (*make)(void);
    int list_length; /* added to the length of the list */
} changes[] = {
    { "usual", usual, 0 }, { "no certificate", nothing, 0 }, { "empty certificate", empty_entry, 0 }, { "garbage", garbage, 0 },
    { "one byte", one_byte, 0 }, { "cut", cut, 0 }, { "trailing bytes", trailing, 0 }, { "indefinite length", indefinite, 0 },
    { "long form of length", long_length, 0 }, { "tag", tag, 0 }, { "inner tag", inner_tag, 0 }, { "inner length", inner_length, 0 },
    { "version", version, 0 }, { "signature", signature, 0 }, { "type of key", key_type, 0 }, { "curve", curve, 0 }, { "point", point, 0 },
    { "form of point", point_form, 0 }, { "second garbage", second_garbage, 0 }, { "second empty", second_empty, 0 },
    { "length beyond", beyond, 0 }, { "rest of two bytes", rest_of_two, 0 }, { "list too short", usual, -1 }, { "list too long", usual, 1 },
    { "leaf twice", twice, 0 }, { "hundred more", hundred, 0 }, { "too many", too_many, 0 }, { "another key's", other_leaf, 0 },
    { "another kind of key", other_key_kind, 0 }, { "another of the same kind", same_key_kind, 0 },
};

/* ---- a flight with its Certificate message replaced ---- */

/* Appends a handshake message to `to`, in records of at most 16 KiB. */
static void put_message(BIO *to, const unsigned char *message, size_t len)
{
    while (len > 0) {
        size_t part = len < 16384 ? len : 16384;
        unsigned char head[5] = { SSL3_RT_HANDSHAKE, 3, 3, (unsigned char)(part >> 8), (unsigned char)part };

        BIO_write(to, head, 5);
        BIO_write(to, message, (int)part);
        message += part;
        len -= part;
    }
}

/* Takes what is in `from` to `to`, up to the first record that is not a handshake's in clear. */
static void replace(BIO *from, BIO *to, const struct change *change)
{
    static unsigned char plain[ROOM];
    unsigned char *data = NULL, head[7] = { SSL3_MT_CERTIFICATE };
    long len = BIO_get_mem_data(from, &data);
    size_t plain_len = 0, list;

    for (long at = 0; at + 5 <= len && data[at] == SSL3_RT_HANDSHAKE;) {
        size_t body = (size_t)(data[at + 3] << 8 | data[at + 4]);

        memcpy(plain + plain_len, data + at + 5, body);
        plain_len += body;
        at += 5 + (long)body;
    }
    (void)BIO_reset(from);
    used = 0;
    put(head, 7);
    change->make();
    list = (size_t)((long)used - 7 + change->list_length);
    for (int i = 0; i < 3; i++) {
        room[1 + i] = (unsigned char)((used - 4) >> (16 - 8 * i));
        room[4 + i] = (unsigned char)(list >> (16 - 8 * i));
    }
    for (size_t at = 0; at + 4 <= plain_len;) {
        size_t whole = 4 + (size_t)(plain[at + 1] << 16 | plain[at + 2] << 8 | plain[at + 3]);

        if (plain[at] == SSL3_MT_CERTIFICATE)
            put_message(to, room, used);
        else
            put_message(to, plain + at, whole);
        at += whole;
    }
}

static void show(struct wire *side, int ret)
{
    int error = SSL_get_error(side->ssl, ret);
    unsigned long code;

    printf(" %d/%d", ret, error);
    while ((code = ERR_get_error()) != 0) {
        /* what libcrypto's parsers add is theirs */
        if (ERR_GET_LIB(code) == ERR_LIB_SSL)
            printf(" [%d]", ERR_GET_REASON(code));
        else
            printf(" [lib %d]", ERR_GET_LIB(code));
    }
    printf(", result %ld, certificate %s, chain %d\n", SSL_get_verify_result(side->ssl), SSL_get0_peer_certificate(side->ssl) == NULL ? "none" : "there",
           sk_X509_num(SSL_get_peer_cert_chain(side->ssl)));
    wire_show_sent(side);
}

static void move_all(struct wire *from, struct wire *to)
{
    unsigned char *data = NULL;
    long len = BIO_get_mem_data(from->out, &data);

    wire_put(to, data, (size_t)len);
    (void)BIO_reset(from->out);
}

static void one(const struct change *change, int on_server, int mode)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa-chain");
    struct wire client, server;
    int ret;

    SSL_CTX_set_max_proto_version(client_ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(client_ctx, on_server ? SSL_VERIFY_NONE : mode, NULL);
    if (on_server) {
        SSL_CTX_set_verify(server_ctx, mode, NULL);
        SSL_CTX_load_verify_file(server_ctx, pki("ca.pem"));
        if (SSL_CTX_use_certificate_chain_file(client_ctx, pki("client-chain.pem")) != 1
            || SSL_CTX_use_PrivateKey_file(client_ctx, pki("client-chain.key"), SSL_FILETYPE_PEM) != 1)
            check_give_up("client-chain.pem");
    }
    client = wire_new(client_ctx);
    server = wire_new(server_ctx);
    SSL_set_connect_state(client.ssl);
    SSL_set_accept_state(server.ssl);
    SSL_do_handshake(client.ssl);
    move_all(&client, &server);
    SSL_do_handshake(server.ssl);
    ERR_clear_error();
    printf("%s:", change->name);
    if (on_server) {
        move_all(&server, &client);
        SSL_do_handshake(client.ssl);
        replace(client.out, server.in, change);
        ERR_clear_error();
        ret = SSL_do_handshake(server.ssl);
        show(&server, ret);
    } else {
        replace(server.out, client.in, change);
        ret = SSL_do_handshake(client.ssl);
        show(&client, ret);
    }
    wire_free(&client);
    wire_free(&server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

int main(void)
{
    static const int modes[] = { SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };

    room = OPENSSL_malloc(ROOM);
    for (int on_server = 0; on_server < 2; on_server++) {
        leaf = der_of(on_server ? "client-leaf.pem" : "ecdsa-leaf.pem");
        inter = der_of("inter.pem");
        for (int m = on_server; m < 2 + on_server; m++) {
            printf("== %s, mode %d\n", on_server ? "server" : "client", modes[m]);
            for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
                one(&changes[i], on_server, modes[m]);
        }
        OPENSSL_free(leaf.data);
        OPENSSL_free(inter.data);
    }
    OPENSSL_free(room);
    return 0;
}
