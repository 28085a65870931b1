/* Own certificates and keys in files of many shapes: what is usual, unusual, and broken in each byte. */
#include "call.h"

#include <openssl/pem.h>

struct text {
    char bytes[20000];
    size_t len;
};

static void add(struct text *to, const char *bytes, size_t len)
{
    if (to->len + len > sizeof to->bytes)
        check_give_up("text");
    memcpy(to->bytes + to->len, bytes, len);
    to->len += len;
}

static void adds(struct text *to, const char *string)
{
    add(to, string, strlen(string));
}

static struct text read_file(const char *file)
{
    struct text text = { .len = 0 };
    FILE *in = fopen(pki(file), "rb");

    if (in == NULL)
        check_give_up(file);
    text.len = fread(text.bytes, 1, sizeof text.bytes, in);
    fclose(in);
    return text;
}

/* The working folder is the test's own. */
static const char *write_file(const struct text *text)
{
    FILE *out = fopen("shape.pem", "wb");

    if (out == NULL || fwrite(text->bytes, 1, text->len, out) != text->len || fclose(out) != 0)
        check_give_up("shape.pem");
    return "shape.pem";
}

/* Each line feed becomes `with`; a NULL `with` takes the last one away. */
static struct text with_line_ends(const struct text *from, const char *with)
{
    struct text to = { .len = 0 };

    for (size_t i = 0; i < from->len; i++) {
        if (from->bytes[i] != '\n')
            add(&to, &from->bytes[i], 1);
        else if (with != NULL)
            adds(&to, with);
        else if (i + 1 < from->len)
            adds(&to, "\n");
    }
    return to;
}

/* The same base64 in lines of another length. */
static struct text in_lines_of(const char *label, const unsigned char *der, size_t len, size_t line)
{
    struct text to = { .len = 0 };
    unsigned char base64[8000];
    int total = EVP_EncodeBlock(base64, der, (int)len);

    adds(&to, "-----BEGIN ");
    adds(&to, label);
    adds(&to, "-----\n");
    for (size_t at = 0; at < (size_t)total; at += line) {
        size_t rest = (size_t)total - at;

        add(&to, (char *)base64 + at, rest < line ? rest : line);
        adds(&to, "\n");
    }
    adds(&to, "-----END ");
    adds(&to, label);
    adds(&to, "-----\n");
    return to;
}

static void show(const char *label, const struct text *text)
{
    const char *file = write_file(text);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    STACK_OF(X509) *chain = NULL;

    printf("-- %s\n", label);
    SHOW(SSL_CTX_use_certificate_file(ctx, file, SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate_chain_file(ctx, file));
    SHOW_ERR();
    SSL_CTX_get0_chain_certs(ctx, &chain);
    printf("  certificate %d, chain of %d\n", SSL_CTX_get0_certificate(ctx) != NULL, chain == NULL ? -1 : sk_X509_num(chain));
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_server_method());
    printf("  key %d\n", SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM));
    /* OpenSSL tries one decoder after the other: what each says of it is its own business */
    ERR_clear_error();
    printf("  key type %d\n", SSL_CTX_get0_privatekey(ctx) == NULL ? -1 : EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(ctx)));
    SSL_CTX_free(ctx);
}

static void shapes(void)
{
    static const char *const files[] = { "ecdsa-chain.pem", "rsa.pem", "ecdsa.key", "rsa-trad.key", "ecdsa-trad.key", "ed25519.key" };

    SECTION("shapes");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct text whole = read_file(files[i]), changed, key = read_file("ecdsa.key");
        char label[200];

#define SHAPE(what, text) (snprintf(label, sizeof label, "%s, %s", files[i], what), changed = (text), show(label, &changed))
        SHAPE("as it is", whole);
        SHAPE("CR LF", with_line_ends(&whole, "\r\n"));
        SHAPE("no last line end", with_line_ends(&whole, NULL));
        SHAPE("spaces at line ends", with_line_ends(&whole, "  \n"));
        SHAPE("blank lines", with_line_ends(&whole, "\n\n"));
        changed = (struct text) { .len = 0 };
        adds(&changed, "Bag Attributes\n    friendlyName: x\nsubject=CN = x\n\n");
        add(&changed, whole.bytes, whole.len);
        adds(&changed, "text behind\n");
        SHAPE("text around", changed);
        changed = key;
        add(&changed, whole.bytes, whole.len);
        SHAPE("behind a key", changed);
        changed = whole;
        add(&changed, key.bytes, key.len);
        SHAPE("before a key", changed);
        changed = whole;
        changed.len = whole.len / 2;
        SHAPE("cut in the middle", changed);
        changed = whole;
        changed.len = whole.len - 10;
        SHAPE("cut in the last line", changed);
        changed = whole;
        changed.bytes[100] = '*';
        SHAPE("not base64", changed);
        changed = whole;
        changed.bytes[100] = '\0';
        SHAPE("with a NUL", changed);
        changed = (struct text) { .len = 0 };
        for (int j = 0; j < 1000; j++)
            adds(&changed, "long ");
        adds(&changed, "\n");
        add(&changed, whole.bytes, whole.len);
        SHAPE("behind a long line", changed);
#undef SHAPE
    }
}

static size_t der_of(const char *file, unsigned char *der, size_t room)
{
    FILE *in = fopen(pki(file), "rb");
    size_t len = in == NULL ? 0 : fread(der, 1, room, in);

    if (len == 0)
        check_give_up(file);
    fclose(in);
    return len;
}

static void lines_and_labels(void)
{
    static const char *const labels[] = { "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "certificate", "ANYTHING" };
    static const size_t lengths[] = { 4, 48, 60, 63, 64, 65, 76, 100, 8000 };
    unsigned char der[4000];
    size_t len = der_of("ecdsa.cert.der", der, sizeof der - 1);
    struct text text;
    char label[200];

    SECTION("lengths of lines");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        text = in_lines_of("CERTIFICATE", der, len, lengths[i]);
        snprintf(label, sizeof label, "lines of %d", (int)lengths[i]);
        show(label, &text);
    }
    SECTION("labels");
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        text = in_lines_of(labels[i], der, len, 64);
        show(labels[i], &text);
    }
    SECTION("a byte more, a byte less");
    der[len] = 0;
    text = in_lines_of("CERTIFICATE", der, len + 1, 64);
    show("a byte more", &text);
    text = in_lines_of("CERTIFICATE", der, len - 1, 64);
    show("a byte less", &text);
}

/* Loads a certificate with each of its bytes changed: the same ones must be taken. One row for 64 bytes. */
static void each_byte(void)
{
    static const char *const files[] = { "ecdsa.cert.der", "rsa.cert.der" };
    static const unsigned char flips[] = { 0x01, 0x20, 0x80, 0xff };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        unsigned char der[4000];
        size_t len = der_of(files[i], der, sizeof der);

        SECTION(files[i]);
        for (size_t f = 0; f < sizeof flips; f++) {
            for (size_t at = 0; at < len; at++) {
                SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
                X509 *cert;
                int key = -1, ret;

                if (at % 64 == 0)
                    printf("%s%02x %4d: ", at == 0 && f == 0 ? "" : "\n", flips[f], (int)at);
                der[at] ^= flips[f];
                ret = SSL_CTX_use_certificate_ASN1(ctx, (int)len, der);
                der[at] ^= flips[f];
                if ((cert = SSL_CTX_get0_certificate(ctx)) != NULL && X509_get0_pubkey(cert) != NULL)
                    key = EVP_PKEY_get_base_id(X509_get0_pubkey(cert));
                /* the reason counts only where it is the library's own */
                printf("%c", ret == 1 ? (key == -1 ? '?' : '.') : ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_X509_LIB ? 'k' : ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_ASN1_LIB ? 'a' : 'x');
                ERR_clear_error();
                SSL_CTX_free(ctx);
            }
        }
        printf("\n");
    }
}

int main(void)
{
    shapes();
    lines_and_labels();
    each_byte();
    return 0;
}
