using System.Text;
using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage.Buffers;

namespace Sigrun.Generators.Tests;

public class RecordedReplyTests
{
    [Fact]
    public void Info_has_ten_fields_in_order() => Assert.Equal(
        """
        *10 $get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@string +@fast *0
        *1 *6 $flags *2 +RO +access $begin_search *4 $type $index $spec *2 $index :1 $find_keys *4 $type $range $spec *6 $lastkey :0 $keystep :1 $limit :0
        *0
        """.ReplaceLineEndings(" "),
        Info(CommandIds.Get, resp3: false));

    [Fact]
    public void Info_uses_maps_and_sets_in_resp3() => Assert.Equal(
        """
        *10 $get :2 ~2 +readonly +fast :1 :1 :1 ~3 +@read +@string +@fast ~0
        ~1 %3 $flags ~2 +RO +access $begin_search %2 $type $index $spec %1 $index :1 $find_keys %2 $type $range $spec %3 $lastkey :0 $keystep :1 $limit :0
        ~0
        """.ReplaceLineEndings(" "),
        Info(CommandIds.Get, resp3: true));

    [Fact]
    public void Info_nests_subcommands() => Assert.Equal(
        "*10 $box :-2 *0 :0 :0 :0 *1 +@slow *0 *0 *2"
        + " *10 $box|get :-3 *1 +admin :0 :0 :0 *4 +@admin +@slow +@dangerous +@connection *2 $a:b $c *0 *0"
        + " *10 $box|set :4 *0 :0 :0 :0 *1 +@slow *0 *0 *0",
        Info(CommandIds.Box, resp3: false));

    [Fact]
    public void Info_describes_every_kind_of_key_spec()
    {
        string sort = Info(CommandIds.Sort, resp3: false);
        Assert.Contains("*8 $notes $of_the_elements $flags *2 +RO +access $begin_search *4 $type $unknown $spec *0 $find_keys *4 $type $unknown $spec *0", sort);
        Assert.Contains("+movablekeys", sort);
        Assert.Contains("$keyword $spec *4 $keyword $STREAMS $startfrom :1 $find_keys *4 $type $range $spec *6 $lastkey :-1 $keystep :1 $limit :2", Info(CommandIds.Xread, resp3: false));
        Assert.Contains("$startfrom :-2", Info(CommandIds.Migrate, resp3: false));
        Assert.Contains("$keynum $spec *6 $keynumidx :0 $firstkey :1 $keystep :2", Info(CommandIds.Msetex, resp3: false));
    }

    [Fact]
    public void Docs_have_their_fields_in_order()
    {
        Assert.Equal(
            "%5 $summary $Reads. $since $1.0.0 $group $string $complexity $O(1) $arguments *1 %4 $name $key $type $key $display_text $key $key_spec_index :0",
            Docs(CommandIds.Get));
        Assert.Equal(
            "%7 $summary $The_use_varies. $since $1.0.0 $group $string $doc_flags ~2 +deprecated +syscmd $deprecated_since $5.0.0 $replaced_by $`GET`"
            + " $history ~2 *2 $2.0.0 $first *2 $3.0.0 $second",
            Docs(CommandIds.Vary));
    }

    [Fact]
    public void Docs_nest_subcommands()
    {
        Assert.StartsWith("%4 $summary $A_container. $since $2.0.0 $group $server $subcommands %2 $box|get %4 $summary", Docs(CommandIds.Box));
    }

    [Fact]
    public void Docs_hold_the_argument_tree() => Assert.EndsWith(
        "$arguments *5"
        + " %4 $name $key $type $key $display_text $key $key_spec_index :0"
        + " %6 $name $by-pattern $type $pattern $display_text $pattern $key_spec_index :1 $token $BY $flags ~1 +optional"
        + " %5 $name $limit $type $block $token $LIMIT $flags ~1 +optional $arguments *2"
        + " %3 $name $offset $type $integer $display_text $offset %3 $name $count $type $integer $display_text $count"
        + " %6 $name $get-pattern $type $pattern $display_text $pattern $key_spec_index :1 $token $GET $flags ~3 +optional +multiple +multiple_token"
        + " %4 $name $order $type $oneof $flags ~1 +optional $arguments *2"
        + " %4 $name $asc $type $pure-token $display_text $asc $token $ASC %4 $name $desc $type $pure-token $display_text $desc $token $DESC",
        Docs(CommandIds.Sort));

    [Fact]
    public void A_group_can_repeat() => Assert.EndsWith(
        "$arguments *1 %4 $name $data $type $block $flags ~1 +multiple $arguments *2"
        + " %4 $name $key $type $key $display_text $key $key_spec_index :0 %3 $name $value $type $string $display_text $value",
        Docs(CommandIds.Mset));

    private static string Info(int id, bool resp3) => Record(resp3, reply => CommandTable.WriteInfo(reply, id));

    private static string Docs(int id) => Record(resp3: true, reply => CommandTable.WriteDocs(reply, id));

    // The reply on one line: lengths of strings left out, blanks within them as underscores.
    private static string Record(bool resp3, Action<ReplyWriter> write)
    {
        using var pool = new BufferPool();
        var queue = new OutputQueue(pool);
        var reply = new ReplyWriter(queue) { IsResp3 = resp3 };
        write(reply);
        reply.Flush();
        string[] lines = Bytes(queue).Split("\r\n");
        var text = new StringBuilder();
        for (int i = 0; i < lines.Length - 1; i++)
        {
            string line = lines[i][0] == '$' ? "$" + lines[++i] : lines[i];
            text.Append(line.Replace(' ', '_')).Append(' ');
        }

        return text.ToString().TrimEnd();
    }

    private static string Bytes(OutputQueue queue)
    {
        var slices = new OutputSlice[16];
        var text = new StringBuilder();
        for (int count; (count = queue.Gather(slices)) > 0;)
        {
            byte[] bytes = new byte[slices[0].Length];
            System.Runtime.InteropServices.Marshal.Copy(slices[0].Address, bytes, 0, bytes.Length);
            text.Append(Encoding.ASCII.GetString(bytes));
            queue.Advance(bytes.Length);
        }

        return text.ToString();
    }
}
