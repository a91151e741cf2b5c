namespace Sigrun.Persistence;

/// <summary>The data of modules, which nothing here understands but which can be passed over: it says itself where it ends.</summary>
internal static class RdbModuleValue
{
    private const ulong End = 0;
    private const ulong SignedInteger = 1;
    private const ulong UnsignedInteger = 2;
    private const ulong Float = 3;
    private const ulong Double = 4;
    private const ulong Text = 5;
    private const int NameLength = 9;
    private const int LetterBits = 6;
    private const int VersionBits = 10;

    private static ReadOnlySpan<byte> Letters => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;

    /// <summary>The name of the type that a module's number stands for.</summary>
    public static string NameOf(ulong id)
    {
        Span<char> name = stackalloc char[NameLength];
        for (int i = 0; i < NameLength; i++)
            name[i] = (char)Letters[(int)(id >> (VersionBits + (NameLength - 1 - i) * LetterBits)) & ((1 << LetterBits) - 1)];
        return new string(name);
    }

    /// <summary>Reads the data to its end and forgets it.</summary>
    public static void Skip(ref RdbReader reader, string name)
    {
        for (ulong part = reader.ReadLength(); part != End; part = reader.ReadLength())
        {
            switch (part)
            {
                case SignedInteger or UnsignedInteger:
                    reader.ReadLength();
                    break;
                case Float:
                    reader.ReadBytes(sizeof(float));
                    break;
                case Double:
                    reader.ReadBytes(sizeof(double));
                    break;
                case Text:
                    reader.ReadString();
                    break;
                default:
                    throw new RdbFormatException($"Unknown part {part} in the data of module {name}.");
            }
        }
    }
}
