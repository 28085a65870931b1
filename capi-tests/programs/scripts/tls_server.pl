# A TLS server in Perl, one of the programs under test; see support/runtime.py for what it is asked.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::SSL;
use JSON::PP;

$SIG{PIPE} = 'IGNORE';
my %versions = ('1.2' => 'TLSv1_2', '1.3' => 'TLSv1_3');
my $json = JSON::PP->new->canonical->allow_blessed;

# `read` on a TLS socket gives what a record holds.
sub read_all {
    my ($tls, $count) = @_;
    my $content = '';
    1 while length $content < $count && read $tls, $content, $count - length $content, length $content;
    return $content;
}

sub versions_of {
    my ($one) = @_;
    return $versions{$one->{min}} if $one->{min};
    return 'SSLv23:!TLSv1_3' if ($one->{max} // '1.3') eq '1.2';
    return 'SSLv23:!TLSv1:!TLSv1_1';
}

sub context {
    my ($one) = @_;
    my @ask = $one->{ca} ? (SSL_ca_file => $one->{ca}, SSL_verify_mode => SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) : ();
    return IO::Socket::SSL::SSL_Context->new(
        SSL_server => 1, SSL_cert_file => $one->{certificate}, SSL_key_file => $one->{key}, SSL_version => versions_of($one),
        SSL_alpn_protocols => $one->{alpn}, SSL_session_id_context => 'perl', @ask,
    ) || die "no context: $SSL_ERROR\n";
}

sub seen {
    my ($tls) = @_;
    return {
        version => $tls->get_sslversion, cipher => $tls->get_cipher, alpn => $tls->alpn_selected, name => $tls->get_servername,
        reused => $tls->get_session_reused, peer => $tls->peer_certificate ? $tls->peer_certificate('subject') : undef,
        chain => scalar(my @chain = $tls->peer_certificates), own => scalar($tls->sock_certificate('cn')),
    };
}

sub answer {
    my ($tls, $bulk) = @_;
    my ($word, $count) = split ' ', scalar(<$tls>) // '';
    return if !$word;
    if ($word eq 'facts') {
        print {$tls} $json->encode(seen($tls)), "\n";
    } elsif ($word eq 'down') {
        open my $file, '<:raw', $bulk or die $!;
        read $file, my ($part), $count;
        print {$tls} $part;
    } else {
        print {$tls} sha256_hex(read_all($tls, $count)), "\n";
    }
    return;
}

sub converse {
    my ($plain, $context, $bulk) = @_;
    my $tls = IO::Socket::SSL->start_SSL($plain, SSL_server => 1, SSL_reuse_ctx => $context)
        or return { error => "$SSL_ERROR" };
    answer($tls, $bulk);
    my $told = seen($tls);
    $tls->close;
    return $told;
}

$| = 1;
my $settings = decode_json($ARGV[0]);
my %contexts;
my $listeners = IO::Select->new;
for my $one (@{ $settings->{listeners} }) {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $one->{port}, Listen => 20, ReuseAddr => 1) or die "no port: $!\n";
    $contexts{ fileno $listener } = context($one);
    $listeners->add($listener);
}
while (my @ready = $listeners->can_read) {
    for my $listener (@ready) {
        my $plain = $listener->accept or next;
        print $json->encode(converse($plain, $contexts{ fileno $listener }, $settings->{bulk})), "\n";
    }
}
