/* SSL_CONF_cmd(3) and relatives, SSL_CTX_config(3): settings as text, from command lines and files. */
#include "peer.h"

static SSL_CONF_CTX *new_conf(unsigned flags, SSL_CTX *ctx)
{
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();

    if (conf == NULL)
        check_give_up("SSL_CONF_CTX_new");
    SSL_CONF_CTX_set_flags(conf, flags);
    if (ctx != NULL)
        SSL_CONF_CTX_set_ssl_ctx(conf, ctx);
    return conf;
}

static void flags(void)
{
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();

    SECTION("flags");
    SHOW_PTR(conf);
    SHOW(SSL_CONF_CTX_set_flags(conf, 0));
    SHOW(SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT));
    SHOW(SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_SERVER));
    SHOW(SSL_CONF_CTX_clear_flags(conf, SSL_CONF_FLAG_FILE));
    SHOW(SSL_CONF_CTX_set1_prefix(conf, NULL));
    SHOW(SSL_CONF_CTX_set1_prefix(conf, "pre-"));
    SHOW(SSL_CONF_CTX_finish(conf));
    SHOW_ERR();
    SSL_CONF_CTX_free(conf);
    SSL_CONF_CTX_free(NULL);
}

static const char *const commands[] = {
    "SignatureAlgorithms", "ClientSignatureAlgorithms", "Curves", "Groups", "ECDHParameters", "CipherString", "Ciphersuites",
    "Protocol", "MinProtocol", "MaxProtocol", "Options", "VerifyMode", "Certificate", "PrivateKey", "ServerInfoFile",
    "ChainCAPath", "ChainCAFile", "ChainCAStore", "VerifyCAPath", "VerifyCAFile", "VerifyCAStore", "RequestCAFile", "ClientCAFile",
    "RequestCAPath", "ClientCAPath", "RequestCAStore", "ClientCAStore", "DHParameters", "RecordPadding", "NumTickets", "Nonsense", "",
};

static const char *const options[] = {
    "-sigalgs", "-client_sigalgs", "-curves", "-groups", "-named_curve", "-cipher", "-ciphersuites", "-min_protocol",
    "-max_protocol", "-record_padding", "-debug_broken_protocol", "-no_ssl3", "-no_tls1", "-no_tls1_1", "-no_tls1_2", "-no_tls1_3", "-bugs",
    "-no_comp", "-comp", "-ecdh_single", "-no_ticket", "-serverpref", "-legacy_renegotiation", "-client_renegotiation",
    "-legacy_server_connect", "-no_legacy_server_connect", "-no_renegotiation", "-no_resumption_on_reneg", "-allow_no_dhe_kex",
    "-prioritize_chacha", "-strict", "-no_middlebox", "-anti_replay", "-no_anti_replay", "-no_etm", "-no_ems", "-cert", "-key",
    "-dhparam", "-chainCApath", "-chainCAfile", "-verifyCApath", "-verifyCAfile", "-requestCAFile", "-num_tickets", "-x", "cipher",
};

/* What kind of value a command takes, in the ways the flags allow or forbid it. */
static void value_types(const char *title, unsigned flag, const char *const *names, size_t count)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());

    SECTION(title);
    for (size_t i = 0; i < count; i++) {
        SSL_CONF_CTX *all = new_conf(flag | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE, ctx);
        SSL_CONF_CTX *client = new_conf(flag | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_CERTIFICATE, ctx);
        SSL_CONF_CTX *server = new_conf(flag | SSL_CONF_FLAG_SERVER, ctx);

        printf("%s: %d %d %d\n", names[i], SSL_CONF_cmd_value_type(all, names[i]), SSL_CONF_cmd_value_type(client, names[i]),
               SSL_CONF_cmd_value_type(server, names[i]));
        SSL_CONF_CTX_free(all);
        SSL_CONF_CTX_free(client);
        SSL_CONF_CTX_free(server);
    }
    SHOW_ERR();
    SSL_CTX_free(ctx);
}

/* One command on a fresh context; prints what came back and what the context then says. */
static void command(const char *name, const char *value, unsigned flag)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CONF_CTX *conf = new_conf(flag | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_SHOW_ERRORS, ctx);
    uint64_t before = SSL_CTX_get_options(ctx);
    int ret = SSL_CONF_cmd(conf, name, value);

    printf("%s %s: %d", name, value == NULL ? "(null)" : value, ret);
    printf(" min %x max %x", (int)SSL_CTX_get_min_proto_version(ctx), (int)SSL_CTX_get_max_proto_version(ctx));
    printf(" options +%llx -%llx", (unsigned long long)(SSL_CTX_get_options(ctx) & ~before), (unsigned long long)(before & ~SSL_CTX_get_options(ctx)));
    printf(" verify %d tickets %d\n", SSL_CTX_get_verify_mode(ctx), (int)SSL_CTX_get_num_tickets(ctx));
    SHOW_ERR_DATA();
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);
}

static void file_commands(void)
{
    static const struct { const char *name, *value; } table[] = {
        { "MinProtocol", "TLSv1.2" }, { "MinProtocol", "TLSv1.3" }, { "MinProtocol", "None" }, { "MinProtocol", "TLSv1" },
        { "MinProtocol", "tlsv1.2" }, { "MinProtocol", "" }, { "minprotocol", "TLSv1.2" }, { "MinProtocol", NULL },
        { "MaxProtocol", "TLSv1.2" }, { "MaxProtocol", "TLSv1.3" }, { "MaxProtocol", "None" }, { "MaxProtocol", "SSLv4" },
        { "Protocol", "TLSv1.2" }, { "Protocol", "ALL,-TLSv1.3" }, { "Protocol", "-ALL,TLSv1.2,TLSv1.3" }, { "Protocol", "+TLSv1.3" },
        { "Protocol", "nonsense" }, { "Protocol", "-TLSv1.2, -TLSv1.3" },
        { "Options", "-SessionTicket" }, { "Options", "SessionTicket" }, { "Options", "ServerPreference,PrioritizeChaCha" },
        { "Options", "-ServerPreference" }, { "Options", "NoRenegotiation" }, { "Options", "Bugs" }, { "Options", "-Bugs" },
        { "Options", "Compression" }, { "Options", "-Compression" }, { "Options", "UnsafeLegacyServerConnect" }, { "Options", "EncryptThenMac" },
        { "Options", "-EncryptThenMac" }, { "Options", "-ExtendedMasterSecret" }, { "Options", "-MiddleboxCompat" }, { "Options", "AntiReplay" },
        { "Options", "-AntiReplay" }, { "Options", "-CANames" }, { "Options", "NoResumptionOnRenegotiation" }, { "Options", "KTLS" },
        { "Options", "ECDHSingle,DHSingle" }, { "Options", "ClientRenegotiation" }, { "Options", "AllowNoDHEKEX" },
        { "Options", "nonsense" }, { "Options", "ServerPreference,nonsense" }, { "Options", "" },
        { "VerifyMode", "Peer" }, { "VerifyMode", "Request" }, { "VerifyMode", "Require" }, { "VerifyMode", "Once" }, { "VerifyMode", "nonsense" },
        { "CipherString", "ECDHE+AESGCM" }, { "CipherString", "nonsense" }, { "CipherString", "" }, { "Ciphersuites", "TLS_AES_128_GCM_SHA256" },
        { "Ciphersuites", "nonsense" }, { "Ciphersuites", "" },
        { "Groups", "X25519:P-256" }, { "Curves", "P-384" }, { "Groups", "nonsense" }, { "ECDHParameters", "P-256" }, { "ECDHParameters", "auto" },
        { "ECDHParameters", "Automatic" }, { "ECDHParameters", "nonsense" },
        { "SignatureAlgorithms", "RSA+SHA256:ecdsa_secp256r1_sha256" }, { "SignatureAlgorithms", "nonsense" },
        { "ClientSignatureAlgorithms", "RSA-PSS+SHA256" },
        { "NumTickets", "0" }, { "NumTickets", "4" }, { "NumTickets", "-1" }, { "NumTickets", "x" },
        { "RecordPadding", "0" }, { "RecordPadding", "512" }, { "RecordPadding", "16384" }, { "RecordPadding", "20000" },
        { "Nonsense", "x" }, { "Nonsense", NULL }, { "CipherString", NULL },
    };

    SECTION("commands of files");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        command(table[i].name, table[i].value, SSL_CONF_FLAG_FILE);
}

static void line_commands(void)
{
    static const struct { const char *name, *value; } table[] = {
        { "-min_protocol", "TLSv1.2" }, { "-max_protocol", "TLSv1.2" }, { "-no_tls1_3", NULL }, { "-no_tls1_2", NULL }, { "-no_ticket", NULL },
        { "-serverpref", NULL }, { "-bugs", NULL }, { "-strict", NULL }, { "-no_renegotiation", NULL }, { "-prioritize_chacha", NULL },
        { "-legacy_server_connect", NULL }, { "-no_legacy_server_connect", NULL }, { "-comp", NULL }, { "-no_comp", NULL },
        { "-cipher", "ECDHE+AESGCM" }, { "-cipher", "nonsense" }, { "-cipher", NULL }, { "-ciphersuites", "TLS_AES_128_GCM_SHA256" },
        { "-groups", "P-256" }, { "-curves", "X25519" }, { "-sigalgs", "RSA+SHA256" }, { "-named_curve", "P-256" }, { "-num_tickets", "1" },
        { "-record_padding", "100" }, { "-no_such", NULL }, { "-cipher ", "ECDHE" }, { "cipher", "ECDHE" }, { "-", NULL }, { "", NULL },
        { "-CIPHER", "ECDHE" },
    };

    SECTION("commands of the command line");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        command(table[i].name, table[i].value, SSL_CONF_FLAG_CMDLINE);
}

static void certificates(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_CONF_CTX *conf = new_conf(SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_SHOW_ERRORS, ctx);

    SECTION("certificates and keys");
    SHOW(SSL_CONF_cmd(conf, "Certificate", "does-not-exist.pem"));
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    SHOW(SSL_CONF_cmd(conf, "Certificate", pki("ecdsa.pem")));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW_ERR();
    SHOW(SSL_CONF_cmd(conf, "PrivateKey", pki("ecdsa.key")));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CONF_cmd(conf, "VerifyCAFile", pki("ca.pem")));
    SHOW(SSL_CONF_cmd(conf, "VerifyCAPath", pki("cadir")));
    SHOW(SSL_CONF_cmd(conf, "ChainCAFile", pki("ca.pem")));
    SHOW(SSL_CONF_cmd(conf, "ClientCAFile", pki("bundle.pem")));
    SHOW(SSL_CONF_cmd(conf, "DHParameters", pki("dh.pem")));
    SHOW(SSL_CONF_CTX_finish(conf));
    SHOW_ERR();
    SHOW(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(ctx)));
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);

    SECTION("a certificate file that holds the key: REQUIRE_PRIVATE");
    ctx = SSL_CTX_new(TLS_server_method());
    conf = new_conf(SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_REQUIRE_PRIVATE, ctx);
    SHOW(SSL_CONF_cmd(conf, "Certificate", pki("ecdsa-both.pem")));
    SHOW_PTR(SSL_CTX_get0_privatekey(ctx));
    SHOW(SSL_CONF_CTX_finish(conf));
    SHOW_PTR(SSL_CTX_get0_privatekey(ctx));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW_ERR();
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);

    SECTION("REQUIRE_PRIVATE without a key");
    ctx = SSL_CTX_new(TLS_server_method());
    conf = new_conf(SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_REQUIRE_PRIVATE, ctx);
    SHOW(SSL_CONF_cmd(conf, "Certificate", pki("ecdsa.pem")));
    SHOW(SSL_CONF_CTX_finish(conf));
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);

    SECTION("not allowed without FLAG_CERTIFICATE");
    ctx = SSL_CTX_new(TLS_server_method());
    conf = new_conf(SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_SHOW_ERRORS, ctx);
    SHOW(SSL_CONF_cmd(conf, "Certificate", pki("ecdsa.pem")));
    SHOW_ERR_DATA();
    SHOW_PTR(SSL_CTX_get0_certificate(ctx));
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);
}

static void prefixes_and_arguments(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CONF_CTX *conf = new_conf(SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_SHOW_ERRORS, ctx);
    char cipher[] = "-cipher", list[] = "ECDHE+AESGCM", no_ticket[] = "-no_ticket", other[] = "file";
    char *arguments[] = { cipher, list, no_ticket, other, NULL }, **argv = arguments;
    int argc = 4;

    SECTION("a prefix");
    SHOW(SSL_CONF_CTX_set1_prefix(conf, "SSL"));
    SHOW(SSL_CONF_cmd(conf, "SSLMinProtocol", "TLSv1.2"));
    SHOW(SSL_CONF_cmd(conf, "sslMaxProtocol", "TLSv1.2"));
    SHOW(SSL_CONF_cmd(conf, "MinProtocol", "TLSv1.2"));
    SHOW(SSL_CONF_cmd(conf, "SSL", "TLSv1.2"));
    SHOW_ERR_DATA();
    SSL_CONF_CTX_free(conf);

    SECTION("arguments");
    conf = new_conf(SSL_CONF_FLAG_CMDLINE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER, ctx);
    SHOW(SSL_CONF_cmd_argv(conf, &argc, &argv));
    SHOW(argc);
    SHOW(SSL_CONF_cmd_argv(conf, NULL, &argv));
    SHOW_STR(*argv);
    SHOW(SSL_CONF_cmd_argv(conf, &argc, &argv));
    SHOW(argc);
    SHOW_STR(*argv);
    argc = 0;
    SHOW(SSL_CONF_cmd_argv(conf, &argc, &argv));
    SHOW((SSL_CTX_get_options(ctx) & SSL_OP_NO_TICKET) != 0);
    SHOW_ERR();
    SSL_CONF_CTX_free(conf);

    SECTION("a prefix on the command line");
    conf = new_conf(SSL_CONF_FLAG_CMDLINE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER, ctx);
    SHOW(SSL_CONF_CTX_set1_prefix(conf, "--tls-"));
    SHOW(SSL_CONF_cmd(conf, "--tls-min_protocol", "TLSv1.3"));
    SHOW(SSL_CTX_get_min_proto_version(ctx));
    SHOW(SSL_CONF_cmd(conf, "-min_protocol", "TLSv1.2"));
    SHOW(SSL_CTX_get_min_proto_version(ctx));
    SHOW_ERR();
    SSL_CONF_CTX_free(conf);

    SECTION("neither file nor command line, no object");
    conf = SSL_CONF_CTX_new();
    SHOW(SSL_CONF_cmd(conf, "MinProtocol", "TLSv1.2"));
    SHOW(SSL_CONF_cmd(conf, NULL, "TLSv1.2"));
    SHOW_ERR();
    SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CLIENT);
    SHOW(SSL_CONF_cmd(conf, "MinProtocol", "TLSv1.2"));
    SHOW(SSL_CONF_cmd(conf, "CipherString", "ECDHE+AESGCM"));
    SHOW(SSL_CONF_cmd(conf, "CipherString", "nonsense"));
    SHOW(SSL_CONF_cmd(conf, "SignatureAlgorithms", "nonsense"));
    SHOW(SSL_CONF_CTX_finish(conf));
    SHOW_ERR();
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);
}

static void on_connection(void)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("rsa");
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();
    SSL *client, *server;

    SECTION("a connection's settings");
    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT);
    SSL_CONF_CTX_set_ssl(conf, client);
    SHOW(SSL_CONF_cmd(conf, "MaxProtocol", "TLSv1.2"));
    SHOW(SSL_CONF_cmd(conf, "CipherString", "ECDHE-RSA-CHACHA20-POLY1305"));
    SHOW(SSL_CONF_cmd(conf, "Groups", "P-384"));
    SHOW(SSL_CONF_cmd(conf, "Options", "-SessionTicket"));
    SHOW(SSL_CONF_cmd(conf, "ServerInfoFile", "x"));
    SHOW(SSL_CONF_CTX_finish(conf));
    SHOW(SSL_get_max_proto_version(client));
    SHOW(SSL_CTX_get_max_proto_version(client_ctx));
    SHOW((SSL_get_options(client) & SSL_OP_NO_TICKET) != 0);
    ERR_clear_error();
    pair_connect(client, server);
    SHOW_STR(SSL_get_version(server));
    SHOW_STR(SSL_get_cipher_name(server));
    SHOW(SSL_get_shared_group(server, 0));
    SSL_CONF_CTX_free(conf);
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* Sections of openssl.cnf by name; the file is chosen by OPENSSL_CONF before libcrypto reads it. */
static void configuration_file(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl;

    SECTION("SSL_CTX_config");
    SHOW(SSL_CTX_config(ctx, "named"));
    SHOW(SSL_CTX_get_min_proto_version(ctx));
    SHOW((SSL_CTX_get_options(ctx) & SSL_OP_NO_TICKET) != 0);
    SHOW_ERR();
    SHOW(SSL_CTX_config(ctx, "absent"));
    SHOW_ERR_DATA();
    SHOW(SSL_CTX_config(ctx, "broken"));
    SHOW_ERR_DATA();
    ssl = SSL_new(ctx);
    SHOW(SSL_set_min_proto_version(ssl, 0));
    SSL_free(ssl);
    SSL_CTX_free(ctx);

    SECTION("system_default is applied to every context");
    ctx = SSL_CTX_new(TLS_method());
    SHOW(SSL_CTX_get_max_proto_version(ctx));
    SHOW(SSL_CTX_get_num_tickets(ctx));
    SHOW(SSL_CTX_get_verify_mode(ctx));
    SSL_CTX_free(ctx);
}

int main(void)
{
    static const char file[] =
        "openssl_conf = init\n[init]\nssl_conf = sections\n[sections]\nnamed = named\nbroken = broken\nsystem_default = everywhere\n"
        "[named]\nMinProtocol = TLSv1.2\nOptions = -SessionTicket\n[broken]\nMinProtocol = nonsense\n[everywhere]\nNumTickets = 3\n";
    FILE *out = fopen("test.cnf", "w");

    /* the working folder of a test is its own */
    if (out == NULL || fputs(file, out) < 0 || fclose(out) != 0 || setenv("OPENSSL_CONF", "test.cnf", 1) != 0)
        check_give_up("test.cnf");
    configuration_file();
    flags();
    value_types("types of values: files", SSL_CONF_FLAG_FILE, commands, sizeof commands / sizeof *commands);
    value_types("types of values: command line", SSL_CONF_FLAG_CMDLINE, options, sizeof options / sizeof *options);
    value_types("types of values: neither", 0, commands, 2);
    file_commands();
    line_commands();
    certificates();
    prefixes_and_arguments();
    on_connection();
    return 0;
}
