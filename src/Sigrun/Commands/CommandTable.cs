namespace Sigrun.Commands;

/// <summary>
/// The table of commands: what the source generator made of the attributes. Commands and subcommands share one
/// space of ids, 0 to <c>Count</c> - 1, sorted by name, each container directly followed by its subcommands.
/// </summary>
/// <remarks>
/// <para>
/// Everything is constant data in the image (spans over it, no objects): nothing is built at start, and a fact
/// about a command is one indexed load: <c>Arity[id]</c>, <c>FlagBits[id]</c>, <c>FirstKey[id]</c>.
/// </para>
/// <para>
/// Lookup is a perfect hash by displacement: the hash picks a bucket, the bucket's displacement turns the hash into
/// a slot, the slot holds the only id whose name can match. One comparison of two words decides.
/// </para>
/// </remarks>
internal static partial class CommandTable
{
    /// <summary>Set in a name's signature when the words of its hash are not all of it.</summary>
    private const int UnplainName = 1 << 30;

    /// <summary>The id of the command with this name, or -1.</summary>
    /// <param name="name">The name in any case.</param>
    public static int Lookup(ReadOnlySpan<byte> name) => Find(name, 0);

    /// <summary>The id of the subcommand with this name, or -1.</summary>
    /// <param name="container">The id of the container.</param>
    /// <param name="name">The second word, in any case.</param>
    public static int LookupSubcommand(int container, ReadOnlySpan<byte> name) => Find(name, container + 1);

    /// <summary>
    /// The id of the command that a request means whose first word is known, or -1: a container with more than one argument
    /// means its subcommand, and alone it means itself.
    /// </summary>
    /// <param name="id">The command that the first word names, or -1.</param>
    /// <param name="arguments">The request, at least the name.</param>
    public static int Resolve(int id, ArgumentList arguments) =>
        id < 0 || arguments.Count == 1 || SubcommandCount[id] == 0 ? id : LookupSubcommand(id, arguments[1]);

    /// <summary>The id of the command with a full name, such as <c>get</c> or <c>config|get</c>, or -1.</summary>
    /// <param name="name">The name in any case.</param>
    public static int LookupFullName(ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        if (bar < 0) return Lookup(name);
        int container = Lookup(name[..bar]);
        return container < 0 ? -1 : LookupSubcommand(container, name[(bar + 1)..]);
    }

    /// <summary>The category of that name, or none.</summary>
    /// <param name="name">The name in any case, without the '@'.</param>
    public static AclCategories LookupCategory(ReadOnlySpan<byte> name)
    {
        for (int bit = 0; bit < AclCategoryNames.Count; bit++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, AclCategoryNames.Name(bit))) return (AclCategories)(1u << bit);
        }
        return AclCategories.None;
    }

    /// <summary>The full name in lower case: <c>get</c>, <c>config|get</c>.</summary>
    /// <param name="id">The command.</param>
    public static ReadOnlySpan<byte> FullName(int id) =>
        FullNames.Slice(FullNameStart[id], FullNameStart[id + 1] - FullNameStart[id]);

    private static int Find(ReadOnlySpan<byte> name, int scope)
    {
        if ((uint)(name.Length - 1) >= MaxNameLength) return -1;
        var hash = new CommandNameHash(name, scope);
        int id = Slots[hash.Slot(Displacements[hash.Bucket(BucketBits)], SlotMask)];
        if (id < 0 || NameLow[id] != hash.Low || NameHigh[id] != hash.High) return -1;
        int signature = NameSignature[id];
        if (signature == hash.Signature) return id;
        return signature == (hash.Signature | UnplainName) && EqualsOwnName(id, name) ? id : -1;
    }

    // Reached for names with characters other than letters and for those longer than the two words.
    private static bool EqualsOwnName(int id, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> full = FullName(id);
        return System.Text.Ascii.EqualsIgnoreCase(full[(full.Length - name.Length)..], name);
    }
}
