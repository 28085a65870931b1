/* What SSL_trace prints of records, alerts and messages, well-formed and not. */
#include "call.h"
#include <openssl/trace.h>

static SSL *client;
static BIO *out;

/* Shows bytes given in hexadecimal; blanks are for the reader. */
static void trace(int written, int type, const char *text)
{
    char hex[1000];
    unsigned char *bytes;
    long len = 0;
    size_t n = 0;

    for (const char *at = text; *at != '\0' && n + 1 < sizeof hex; at++)
        if (*at != ' ')
            hex[n++] = *at;
    hex[n] = '\0';
    bytes = OPENSSL_hexstr2buf(hex, &len);
    if (bytes == NULL)
        check_give_up("hex");
    printf("-- %s type %d: %s\n", written ? "sent" : "received", type, text);
    fflush(stdout);
    SSL_trace(written, SSL_version(client), type, bytes, (size_t)len, client, out);
    (void)BIO_flush(out);
    OPENSSL_free(bytes);
}

static void all(int written, int type, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        trace(written, type, *texts);
}

static const char random_bytes[] = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";

/* A hello with these extensions. */
static void hello(int by_server, const char *extensions)
{
    char text[1000], bare[500];
    int n = 0, len;

    for (const char *at = extensions; *at != '\0'; at++)
        if (*at != ' ')
            bare[n++] = *at;
    bare[n] = '\0';
    len = n / 2;
    if (by_server)
        snprintf(text, sizeof text, "02%06x 0303 %s 00 c030 00 %04x %s", 2 + 32 + 1 + 2 + 1 + 2 + len, random_bytes, len, bare);
    else
        snprintf(text, sizeof text, "01%06x 0303 %s 00 0002 c030 01 00 %04x %s", 2 + 32 + 1 + 4 + 2 + 2 + len, random_bytes, len, bare);
    trace(!by_server, SSL3_RT_HANDSHAKE, text);
}

static void records(void)
{
    static const char *const headers[] = { "1303010010", "1403010010", "1503030002", "1603010100", "1703034000", "1803030000", "1603050010", "16030300", NULL };
    static const char *const inner[] = { "15", "16", "17", "99", NULL };
    static const char *const changes[] = { "01", "02", "0101", NULL };
    static const char *const alerts[] = { "0228", "0100", "0199", "0399", "02", "020202", NULL };

    all(1, SSL3_RT_HEADER, headers);
    all(0, SSL3_RT_HEADER, headers);
    all(0, SSL3_RT_INNER_CONTENT_TYPE, inner);
    all(1, SSL3_RT_CHANGE_CIPHER_SPEC, changes);
    all(0, SSL3_RT_ALERT, alerts);
    trace(0, SSL3_RT_APPLICATION_DATA, "abcd");
    trace(0, 99, "00");
}

static void messages(void)
{
    static const char *const received[] = {
        "0e0000", "00000000", "0e000000", "0e000001 01", "0e000005", "63000002 abcd", "1400000c 0102030405060708090a0b0c", "18000001 00",
        "18000001 01", "18000001 09", "18000000", "05000000", "16000008 01000004aabbccdd", "03000000", "06000000", "17000000", "43000000",
        "fe000000", "0400000a 00001c20 0004 0a0b0c0d", "04000006 00000000 0000", "04000000", "04000003 000000", "04000005 00001c20 00",
        "0400001b 00001c20 00000001 02 0102 0004 aabbccdd 0008 002a 0004 00004000", "0f000006 0403 0002 0102", "0f000006 9999 0002 0102",
        "0b000003 000000", "0b000004 00 000000", "0b00000d 00 000009 000004 aabbccdd 0000", "0b00000a 000007 000004 aabbccdd",
        "0c00000e 03 001d 04 01020304 0401 0002 0506", "0c000004 03 001d 05", "0c000000", "0c000001 05",
        "0d00000c 02 01 40 0002 0403 0002 0000", "0d000008 01 02 0002 0403 0000", "0d000008 01 15 0002 0403 0000",
        "0d00002a 01 40 0002 0403 0022 0020 301e310b3009060355040613025858310f300d06035504030c06537562204341",
        "0d00000b 00 0008 000d 0004 0002 0403", "0d000003 00 0000", "08000002 0000", "0800000f 000d 0010 0005 0003 02 6832 0017 0000",
        "08000000", "08000007 0005 abcd 0001 01", "0800000a 0008 abcd 0009 01020304", "08000005 0003 abcd 00", "08000004 0005 0001",
        "08000011 000f ff01 0005 04 0102 aabb abcd 0002 0000", "02000002 0303", "02000002 0555", NULL,
    };

    all(0, SSL3_RT_HANDSHAKE, received);
    trace(1, SSL3_RT_HANDSHAKE, "10000004 03 aabbcc");
    trace(1, SSL3_RT_HANDSHAKE, "10000002 03 aa");
    trace(1, SSL3_RT_HANDSHAKE, "01000003 0303 0a");
}

static void extensions(void)
{
    static const char *const of_client[] = {
        "0001 0001 01", "0001 0001 05", "0001 0000", "0005 0005 01 0000 0000", "000a 0004 0002 001d", "000a 0008 0006 0017 11ec 0100", "000a 0004 0003 1dff",
        "000b 0002 01 00", "000b 0002 01 03", "000d 0004 0002 0403", "000d 0008 0006 0804 0202 9999", "0010 000e 000c 02 6832 08 687474702f312e31",
        "0015 0002 0000", "0016 0000", "0023 0000", "0023 0004 01020304", "002b 0005 04 0304 0303", "002b 0003 02 7f1c", "002d 0003 02 00 01",
        "002d 0002 01 07", "0033 000a 0008 001d 0004 aabbccdd", "0031 0000", "002f 0006 0004 0002 0102", "ff01 0001 00", "ff01 0003 02 aabb",
        "002a 0000", "002c 0004 0002 aabb", "0032 0004 0002 0804", "0012 0000", "3374 0000", "abcd 0003 010203", "0000 000e 000c 00 0009 6c6f63616c686f7374", NULL,
    };
    static const char *const of_server[] = {
        "002b 0002 0304", "002b 0003 02 0304", "0033 0008 001d 0004 aabbccdd", "0033 0002 0017", "0029 0002 0000", "ff01 0001 00", "0005 0000", "0000 0000", NULL,
    };

    for (int i = 0; of_client[i] != NULL; i++)
        hello(0, of_client[i]);
    for (int i = 0; of_server[i] != NULL; i++)
        hello(1, of_server[i]);
}

/* Only the certificates of a real handshake: all else is at random. */
static void certificates(int written, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    if (type == SSL3_RT_HANDSHAKE && len > 0 && *(const unsigned char *)bytes == SSL3_MT_CERTIFICATE) {
        fflush(stdout);
        SSL_trace(written, version, type, bytes, len, ssl, arg);
        (void)BIO_flush(arg);
    }
}

static void on_connection(int version)
{
    struct contexts ctx = contexts_new("rsa", version);
    SSL *server;

    out = BIO_new_fp(stdout, BIO_NOCLOSE);
    SSL_CTX_set_cipher_list(ctx.client, "ECDHE-RSA-AES256-GCM-SHA384");
    SSL_CTX_set_msg_callback(ctx.client, certificates);
    SSL_CTX_set_msg_callback_arg(ctx.client, out);
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    records();
    messages();
    extensions();
    ERR_clear_error();
    pair_free(client, server);
    BIO_free(out);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("trace", on_connection);
    return 0;
}
