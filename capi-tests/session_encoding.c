/*
 * d2i_SSL_SESSION(3), PEM_read_bio_SSL_SESSION(3), SSL_SESSION_print(3): sessions made by hand, written in every form and
 * read back, and encodings that are cut, changed, too long or of another kind.
 */
#include "peer.h"
#include "load.h"

#include <openssl/pem.h>

static SSL_CTX *ctx;

static const SSL_CIPHER *cipher(const char *two_bytes)
{
    SSL *ssl = SSL_new(ctx);
    const SSL_CIPHER *found = SSL_CIPHER_find(ssl, (const unsigned char *)two_bytes);

    SSL_free(ssl);
    return found;
}

/* A session with fixed times; the fields that a program can set are set if `full`. */
static SSL_SESSION *make(int version, const char *suite, int full)
{
    SSL_SESSION *session = SSL_SESSION_new();
    unsigned char key[48];

    memset(key, 0x5a, sizeof key);
    SSL_SESSION_set_time(session, 1600000000);
    SSL_SESSION_set_timeout(session, 300);
    SSL_SESSION_set_protocol_version(session, version);
    if (suite != NULL)
        SSL_SESSION_set_cipher(session, cipher(suite));
    if (full) {
        SSL_SESSION_set1_master_key(session, key, sizeof key);
        SSL_SESSION_set1_id(session, (const unsigned char *)"0123456789abcdef", 16);
        SSL_SESSION_set1_id_context(session, (const unsigned char *)"context", 7);
        SSL_SESSION_set1_hostname(session, "example.org");
        SSL_SESSION_set1_alpn_selected(session, (const unsigned char *)"h2", 2);
        SSL_SESSION_set_max_early_data(session, 70000);
        SSL_SESSION_set1_ticket_appdata(session, "data of the program", 19);
    }
    return session;
}

static void show_der(const char *label, const SSL_SESSION *session)
{
    unsigned char *der = NULL;
    int len = i2d_SSL_SESSION(session, &der);

    printf("%s: ", label);
    SHOW_HEX("der", der, len > 0 ? (size_t)len : 0);
    SHOW(len);
    SHOW_ERR();
    OPENSSL_free(der);
}

static void show_fields(SSL_SESSION *session)
{
    const unsigned char *bytes;
    unsigned char key[512];
    unsigned int len;
    size_t size;
    void *data;

    bytes = SSL_SESSION_get_id(session, &len);
    SHOW_HEX("id", bytes, len);
    bytes = SSL_SESSION_get0_id_context(session, &len);
    SHOW_HEX("id context", bytes, len);
    SHOW(SSL_SESSION_get_protocol_version(session));
    SHOW_STR(SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)));
    SHOW_HEX("key", key, SSL_SESSION_get_master_key(session, key, sizeof key));
    SHOW(SSL_SESSION_get_timeout(session));
    if (SSL_SESSION_get_time(session) < 1700000000)
        SHOW(SSL_SESSION_get_time(session));
    SHOW_STR(SSL_SESSION_get0_hostname(session));
    SSL_SESSION_get0_ticket(session, &bytes, &size);
    SHOW_HEX("ticket", bytes, size);
    SHOW(SSL_SESSION_has_ticket(session));
    SHOW(SSL_SESSION_get_ticket_lifetime_hint(session));
    SSL_SESSION_get0_alpn_selected(session, &bytes, &size);
    SHOW_HEX("alpn", bytes, size);
    SHOW(SSL_SESSION_get_max_early_data(session));
    SHOW(SSL_SESSION_get_max_fragment_length(session));
    SHOW(SSL_SESSION_get_compress_id(session));
    SHOW(SSL_SESSION_get0_ticket_appdata(session, &data, &size));
    SHOW_HEX("application data", data, size);
    SHOW_PTR(SSL_SESSION_get0_peer(session));
    SHOW(SSL_SESSION_is_resumable(session));
}

/* Everything that SSL_SESSION_print and its relatives write. */
static void show_text(const SSL_SESSION *session)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text, *line, *rest;
    FILE *file = tmpfile();
    char buf[4096];
    long len;

    SHOW(SSL_SESSION_print(bio, session));
    SHOW(SSL_SESSION_print_keylog(bio, session));
    len = BIO_get_mem_data(bio, &text);
    if (len > 0 && (size_t)len < sizeof buf) {
        memcpy(buf, text, (size_t)len);
        buf[len] = '\0';
        for (line = strtok_r(buf, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
            if (strstr(line, "Start Time: 17") == NULL && strstr(line, "Start Time: 18") == NULL && strstr(line, "Start Time: 19") == NULL)
                printf("| %s\n", line);
    }
    BIO_free(bio);
    if (file == NULL)
        check_give_up("tmpfile");
    SHOW(SSL_SESSION_print_fp(file, session));
    fflush(file);
    CHECK(ftell(file) > 100);
    fclose(file);
    SHOW_ERR();
}

/* Reads `der` into a new object. */
static SSL_SESSION *reading(const char *label, const unsigned char *der, long len)
{
    const unsigned char *at = der;
    SSL_SESSION *session;

    ERR_clear_error();
    session = d2i_SSL_SESSION(NULL, &at, len);
    printf("%s: %s, %ld bytes used\n", label, session == NULL ? "null" : "session", (long)(at - der));
    SHOW_ERR_DATA();
    return session;
}

static void written_and_read(void)
{
    static const struct {
        const char *label;
        int version;
        const char *suite;
        int full;
    } cases[] = {
        { "TLS 1.3, little set", TLS1_3_VERSION, "\x13\x01", 0 },
        { "TLS 1.3", TLS1_3_VERSION, "\x13\x02", 1 },
        { "TLS 1.2, little set", TLS1_2_VERSION, "\xc0\x2f", 0 },
        { "TLS 1.2", TLS1_2_VERSION, "\xc0\x30", 1 },
        { "a CBC suite", TLS1_2_VERSION, "\xc0\x13", 1 },
        { "no suite", TLS1_2_VERSION, NULL, 1 },
        { "TLS 1.1", TLS1_1_VERSION, "\xc0\x14", 0 },
        { "TLS 1.0", TLS1_VERSION, "\xc0\x14", 0 },
        { "SSL 3.0", SSL3_VERSION, "\xc0\x14", 0 },
        { "DTLS 1.2", DTLS1_2_VERSION, "\xc0\x2f", 0 },
        { "no version", 0, "\xc0\x2f", 0 },
        { "a version to come", 0x0305, "\x13\x01", 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SSL_SESSION *session = make(cases[i].version, cases[i].suite, cases[i].full), *back;
        unsigned char *der = NULL;
        int len;

        SECTION(cases[i].label);
        show_der("written", session);
        show_text(session);
        len = i2d_SSL_SESSION(session, &der);
        if (len > 0) {
            back = reading("read", der, len);
            if (back != NULL) {
                show_fields(back);
                show_der("written again", back);
            }
            SSL_SESSION_free(back);
        }
        OPENSSL_free(der);
        SSL_SESSION_free(session);
    }
}

/* An encoding put together from its parts: header, then what each case gives. */
static long put_together(unsigned char *out, const char *body, size_t len)
{
    unsigned char *at = out;

    *at++ = 0x30;
    if (len < 128) {
        *at++ = (unsigned char)len;
    } else {
        *at++ = 0x82;
        *at++ = (unsigned char)(len >> 8);
        *at++ = (unsigned char)len;
    }
    memcpy(at, body, len);
    return (long)(at + len - out);
}

#define HEAD "\x02\x01\x01\x02\x02\x03\x04\x04\x02\x13\x01"
#define KEY "\x04\x00\x04\x04kkkk"
#define CASE(label, body) { label, body, sizeof(body) - 1 }

static void odd_encodings(void)
{
    static const struct {
        const char *label, *body;
        size_t len;
    } cases[] = {
        CASE("least", HEAD KEY),
        CASE("nothing", ""),
        CASE("version only", "\x02\x01\x01"),
        CASE("structure of version 2", "\x02\x01\x02\x02\x02\x03\x04\x04\x02\x13\x01" KEY),
        CASE("structure of version 0", "\x02\x01\x00\x02\x02\x03\x04\x04\x02\x13\x01" KEY),
        CASE("structure of a negative version", "\x02\x01\xff\x02\x02\x03\x04\x04\x02\x13\x01" KEY),
        CASE("protocol 2.0", "\x02\x01\x01\x02\x01\x02\x04\x02\x13\x01" KEY),
        CASE("protocol 4.0", "\x02\x01\x01\x02\x02\x04\x00\x04\x02\x13\x01" KEY),
        CASE("protocol 3.9", "\x02\x01\x01\x02\x02\x03\x09\x04\x02\x13\x01" KEY),
        CASE("DTLS 1.2", "\x02\x01\x01\x02\x03\x00\xfe\xfd\x04\x02\xc0\x2f" KEY),
        CASE("DTLS bad", "\x02\x01\x01\x02\x02\x01\x00\x04\x02\xc0\x2f" KEY),
        CASE("one byte of suite", "\x02\x01\x01\x02\x02\x03\x04\x04\x01\x13" KEY),
        CASE("three bytes of suite", "\x02\x01\x01\x02\x02\x03\x04\x04\x03\x13\x01\x01" KEY),
        CASE("unknown suite", "\x02\x01\x01\x02\x02\x03\x04\x04\x02\x13\x99" KEY),
        CASE("no key", HEAD "\x04\x00"),
        CASE("id of 32 bytes", HEAD "\x04\x20" "aaaaaaaabbbbbbbbccccccccdddddddd" "\x04\x00"),
        CASE("id of 33 bytes", HEAD "\x04\x21" "aaaaaaaabbbbbbbbccccccccddddddddX" "\x04\x00"),
        CASE("time 0", HEAD KEY "\xa1\x03\x02\x01\x00\xa2\x03\x02\x01\x00"),
        CASE("negative time", HEAD KEY "\xa1\x03\x02\x01\xff\xa2\x03\x02\x01\xff"),
        CASE("time and timeout", HEAD KEY "\xa1\x06\x02\x04\x5f\x5e\x10\x00\xa2\x03\x02\x01\x09"),
        CASE("time of 9 bytes", HEAD KEY "\xa1\x0b\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
        CASE("padded time", HEAD KEY "\xa1\x05\x02\x03\x00\x00\x09"),
        CASE("fields out of order", HEAD KEY "\xa2\x03\x02\x01\x09\xa1\x03\x02\x01\x09"),
        CASE("field twice", HEAD KEY "\xa2\x03\x02\x01\x09\xa2\x03\x02\x01\x09"),
        CASE("unknown field", HEAD KEY "\xbf\x1f\x03\x02\x01\x09"),
        CASE("unknown field in reach", HEAD KEY "\xb5\x03\x02\x01\x09"),
        CASE("id context", HEAD KEY "\xa4\x05\x04\x03" "ctx"),
        CASE("id context of 33 bytes", HEAD KEY "\xa4\x23\x04\x21" "aaaaaaaabbbbbbbbccccccccddddddddX"),
        CASE("verify result", HEAD KEY "\xa5\x03\x02\x01\x12"),
        CASE("negative verify result", HEAD KEY "\xa5\x03\x02\x01\xff"),
        CASE("big verify result", HEAD KEY "\xa5\x06\x02\x04\x7f\xff\xff\xff"),
        CASE("too big verify result", HEAD KEY "\xa5\x07\x02\x05\x00\xff\xff\xff\xff"),
        CASE("host name", HEAD KEY "\xa6\x06\x04\x04host"),
        CASE("host name with a zero", HEAD KEY "\xa6\x06\x04\x04h\0st"),
        CASE("empty host name", HEAD KEY "\xa6\x02\x04\x00"),
        CASE("PSK hint and identity", HEAD KEY "\xa7\x06\x04\x04hint\xa8\x06\x04\x04iden"),
        CASE("lifetime hint", HEAD KEY "\xa9\x04\x02\x02\x1c\x20"),
        CASE("ticket", HEAD KEY "\xa9\x03\x02\x01\x09\xaa\x08\x04\x06ticket"),
        CASE("compression", HEAD KEY "\xab\x03\x04\x01\x01"),
        CASE("compression of two bytes", HEAD KEY "\xab\x04\x04\x02\x01\x01"),
        CASE("no bytes of compression", HEAD KEY "\xab\x02\x04\x00"),
        CASE("SRP user", HEAD KEY "\xac\x06\x04\x04user"),
        CASE("flags", HEAD KEY "\xad\x03\x02\x01\x01"),
        CASE("other flags", HEAD KEY "\xad\x03\x02\x01\x06"),
        CASE("age", HEAD KEY "\xae\x06\x02\x04\x12\x34\x56\x78"),
        CASE("early data", HEAD KEY "\xaf\x04\x02\x02\x40\x00"),
        CASE("ALPN", HEAD KEY "\xb0\x04\x04\x02h2"),
        CASE("fragment length", HEAD KEY "\xb1\x03\x02\x01\x02"),
        CASE("odd fragment length", HEAD KEY "\xb1\x03\x02\x01\x09"),
        CASE("fragment length of two bytes", HEAD KEY "\xb1\x04\x02\x02\x01\x02"),
        CASE("application data", HEAD KEY "\xb2\x06\x04\x04" "data"),
        CASE("group", HEAD KEY "\xb3\x03\x02\x01\x1d"),
        CASE("wrong type of a field", HEAD KEY "\xa4\x03\x02\x01\x01"),
        CASE("wrong type of a number", HEAD KEY "\xa1\x03\x04\x01\x01"),
        CASE("empty number", HEAD KEY "\xa1\x02\x02\x00"),
        CASE("empty field", HEAD KEY "\xa1\x00"),
        CASE("more in a field", HEAD KEY "\xa1\x05\x02\x01\x01\x05\x00"),
        CASE("certificate that is none", HEAD KEY "\xa3\x05\x30\x03\x02\x01\x01"),
        CASE("SSL 2.0 key argument", HEAD KEY "\x80\x02" "ka"),
        CASE("something behind", HEAD KEY "\x05\x00"),
        CASE("wrong type at the start", "\x04\x01\x01\x02\x02\x03\x04\x04\x02\x13\x01" KEY),
    };
    unsigned char der[512];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        long len = put_together(der, cases[i].body, cases[i].len);
        SSL_SESSION *session;

        SECTION(cases[i].label);
        session = reading("read", der, len);
        if (session != NULL) {
            show_fields(session);
            if (SSL_SESSION_get_time(session) < 1700000000)
                show_der("written", session);
            show_text(session);
        }
        SSL_SESSION_free(session);
    }
}

/* Cut anywhere, followed by something, of indefinite length, and not at all. */
static void cut_and_continued(void)
{
    SSL_SESSION *session = make(TLS1_3_VERSION, "\x13\x01", 1), *back;
    unsigned char *der = NULL, longer[1024];
    const unsigned char *at;
    int len = i2d_SSL_SESSION(session, &der), taken = 0;

    SECTION("cut");
    for (int cut = 0; cut < len; cut++) {
        at = der;
        back = d2i_SSL_SESSION(NULL, &at, cut);
        if (back != NULL || at != der)
            taken++;
        SSL_SESSION_free(back);
        printf("%d:", cut);
        for (unsigned long code; (code = ERR_get_error()) != 0;)
            printf(" %d/%d", ERR_GET_LIB(code), ERR_GET_REASON(code));
        printf("\n");
    }
    SHOW(taken);
    SECTION("followed by something");
    memcpy(longer, der, (size_t)len);
    memset(longer + len, 0x30, sizeof longer - (size_t)len);
    back = reading("more behind", longer, len + 20);
    SSL_SESSION_free(back);
    longer[1] = 0x80;
    back = reading("length forms changed", longer, len + 20);
    SSL_SESSION_free(back);
    SECTION("no bytes");
    back = reading("no length", der, 0);
    back = reading("negative length", der, -1);
    SECTION("into an object that is there");
    back = SSL_SESSION_new();
    SSL_SESSION_set1_hostname(back, "before");
    at = der;
    {
        SSL_SESSION *same = back;

        SHOW(d2i_SSL_SESSION(&same, &at, len) == back);
        SHOW(same == back);
    }
    show_fields(back);
    SECTION("an error leaves an object that is there");
    at = (const unsigned char *)"\x30\x03\x02\x01\x09";
    {
        SSL_SESSION *same = back;

        SHOW_PTR(d2i_SSL_SESSION(&same, &at, 5));
        SHOW(same == back);
        if (same != NULL)
            show_fields(same);
    }
    SHOW_ERR();
    SSL_SESSION_free(back);
    back = NULL;
    at = der;
    SHOW(d2i_SSL_SESSION(&back, &at, len) == back);
    SHOW_PTR(back);
    SSL_SESSION_free(back);
    SECTION("writing");
    SHOW(i2d_SSL_SESSION(NULL, NULL));
    {
        unsigned char *none = NULL;

        SHOW(i2d_SSL_SESSION(NULL, &none));
        SHOW_PTR(none);
    }
    SHOW_ERR();
    OPENSSL_free(der);
    SSL_SESSION_free(session);
}

static void in_pem(void)
{
    SSL_SESSION *session = make(TLS1_2_VERSION, "\xc0\x2f", 1), *empty = SSL_SESSION_new(), *back;
    BIO *bio = BIO_new(BIO_s_mem());
    FILE *file = tmpfile();
    char *text;
    long len;

    SECTION("PEM");
    if (file == NULL)
        check_give_up("tmpfile");
    SHOW(PEM_write_bio_SSL_SESSION(bio, session));
    len = BIO_get_mem_data(bio, &text);
    printf("%.*s", (int)len, text);
    back = PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL);
    SHOW_PTR(back);
    if (back != NULL)
        show_fields(back);
    SSL_SESSION_free(back);
    SHOW_PTR(PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL));
    SHOW_ERR();
    SHOW(PEM_write_bio_SSL_SESSION(bio, empty));
    SHOW_ERR();
    SHOW(PEM_write_SSL_SESSION(file, session));
    rewind(file);
    back = NULL;
    SHOW(PEM_read_SSL_SESSION(file, &back, NULL, NULL) == back);
    SHOW_PTR(back);
    {
        SSL_SESSION *same = back;

        rewind(file);
        SHOW(PEM_read_SSL_SESSION(file, &same, NULL, NULL) == back);
        SHOW(same == back);
    }
    SSL_SESSION_free(back);
    SHOW_PTR(PEM_read_SSL_SESSION(file, NULL, NULL, NULL));
    SHOW_ERR();
    fclose(file);
    BIO_free(bio);

    SECTION("PEM of another kind, and broken");
    bio = BIO_new_mem_buf("-----BEGIN SSL SESSION PARAMETERS-----\nMAMCAQk=\n-----END SSL SESSION PARAMETERS-----\n", -1);
    SHOW_PTR(PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL));
    SHOW_ERR();
    BIO_free(bio);
    bio = BIO_new_mem_buf("-----BEGIN SSL SESSION PARAMETERS-----\n%%%\n-----END SSL SESSION PARAMETERS-----\n", -1);
    SHOW_PTR(PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL));
    SHOW_ERR();
    BIO_free(bio);
    bio = BIO_new_file(pki("ca.pem"), "r");
    SHOW_PTR(PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL));
    SHOW_ERR_DATA();
    BIO_free(bio);
    SSL_SESSION_free(session);
    SSL_SESSION_free(empty);
}

static void printing(void)
{
    SSL_SESSION *session = SSL_SESSION_new();
    BIO *bio = BIO_new(BIO_s_mem());

    SECTION("printing what is not there");
    SHOW(SSL_SESSION_print(bio, NULL));
    SHOW(SSL_SESSION_print_keylog(bio, NULL));
    SHOW(SSL_SESSION_print_keylog(bio, session));
    SHOW_ERR();
    show_text(session);
    SECTION("keylog needs id and key");
    SSL_SESSION_set1_id(session, (const unsigned char *)"id", 2);
    SHOW(SSL_SESSION_print_keylog(bio, session));
    SSL_SESSION_set1_master_key(session, (const unsigned char *)"key", 3);
    SHOW(SSL_SESSION_print_keylog(bio, session));
    SHOW_ERR();
    SECTION("nowhere to print");
    BIO_free(bio);
    bio = BIO_new_mem_buf("read only", -1);
    SHOW(SSL_SESSION_print(bio, session));
    SHOW(SSL_SESSION_print_keylog(bio, session));
    SHOW_ERR();
    BIO_free(bio);
    SSL_SESSION_free(session);
}

/* A session of a connection, with a peer's certificate, whose random parts are replaced. */
static void with_peer(void)
{
    SSL_SESSION *session;
    X509 *peer;
    unsigned char *der = NULL, *cert = NULL;
    unsigned char whole[4096], *at = whole;
    int len, cert_len;

    SECTION("a peer's certificate");
    peer = load_cert("ecdsa.pem");
    cert_len = i2d_X509(peer, &cert);
    {
        static const char head[] = HEAD KEY;
        size_t body = sizeof head - 1 + 4 + (size_t)cert_len;

        *at++ = 0x30, *at++ = 0x82, *at++ = (unsigned char)(body >> 8), *at++ = (unsigned char)body;
        memcpy(at, head, sizeof head - 1);
        at += sizeof head - 1;
        *at++ = 0xa3, *at++ = 0x82, *at++ = (unsigned char)(cert_len >> 8), *at++ = (unsigned char)cert_len;
        memcpy(at, cert, (size_t)cert_len);
        at += cert_len;
    }
    session = reading("read", whole, at - whole);
    if (session != NULL) {
        X509 *held = SSL_SESSION_get0_peer(session);

        SHOW_PTR(held);
        CHECK(held != NULL && X509_cmp(held, peer) == 0);
        CHECK(SSL_SESSION_get0_peer(session) == held);
        len = i2d_SSL_SESSION(session, &der);
        CHECK(len > cert_len);
        {
            SSL_SESSION *copy = SSL_SESSION_dup(session);

            CHECK(X509_cmp(SSL_SESSION_get0_peer(copy), peer) == 0);
            SSL_SESSION_free(copy);
        }
    }
    SSL_SESSION_free(session);
    OPENSSL_free(der);
    OPENSSL_free(cert);
    X509_free(peer);
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    ctx = SSL_CTX_new(TLS_method());
    written_and_read();
    odd_encodings();
    cut_and_continued();
    in_pem();
    printing();
    with_peer();
    SSL_CTX_free(ctx);
    return 0;
}
