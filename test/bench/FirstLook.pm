package FirstLook;

# Loaded into pt-kill by PERL5OPT: writes to the file FIRST_LOOK when it first looks at the process list, and is out of the
# way from then on. With LOOK_ONCE it ends pt-kill where that would wait for its next look, and writes how long the look took
# and the most memory that the process had.
use strict;
use warnings;
use DBI;
use Time::HiRes ();

my $looked;

sub note {
   my ($text) = @_;
   open my $file, '>', $ENV{FIRST_LOOK} or die "FIRST_LOOK: $!";
   print {$file} $text;
   close $file;
}

sub peak_memory {
   open my $status, '<', '/proc/self/status' or return 0;
   my ($kilobytes) = map { /^VmHWM:\s+(\d+)/ ? $1 : () } <$status>;
   return $kilobytes;
}

{
   no warnings 'redefine';
   my $execute = \&DBI::st::execute;
   *DBI::st::execute = sub {
      if ( $_[0]->{Statement} =~ m/PROCESSLIST/ ) {
         $looked = Time::HiRes::time();
         note(sprintf '%.3f', $looked * 1000) unless $ENV{LOOK_ONCE};
         *DBI::st::execute = $execute;
      }
      goto &$execute;
   };
}

if ( $ENV{LOOK_ONCE} ) {
   *CORE::GLOBAL::sleep = sub {
      my $took = Time::HiRes::time() - $looked;
      note(sprintf '{"took":%.3f,"peak":%d}', $took * 1000, peak_memory());
      exit 0;
   };
}

1;
