using System.Text;

namespace Sigrun.Tests.Persistence;

/// <summary>
/// Strings described in a word, so that files of expected results need not hold them: <c>text:abc</c>,
/// <c>hex:00ff</c>, <c>repeat:3:6162</c>, <c>noise:seed:count:alphabet</c> (letters from 'a' on, or all bytes),
/// <c>echo:seed:count:n</c> (noise and its first n bytes again), <c>far:seed:count:gap</c> (noise, other noise, and
/// the first again).
/// </summary>
internal static class Samples
{
    private const int Letters = 26;

    public static byte[] Make(string description)
    {
        int colon = description.IndexOf(':');
        string rest = description[(colon + 1)..];
        string[] parts = rest.Split(':');
        switch (description[..colon])
        {
            case "text":
                return Encoding.ASCII.GetBytes(rest);
            case "hex":
                return Convert.FromHexString(rest);
            case "repeat":
                return Repeat(Convert.FromHexString(parts[1]), int.Parse(parts[0]));
            case "noise":
                return Noise(ulong.Parse(parts[0]), int.Parse(parts[1]), int.Parse(parts[2]));
            case "echo":
                byte[] sound = Noise(ulong.Parse(parts[0]), int.Parse(parts[1]), 256);
                return [.. sound, .. sound.AsSpan(0, int.Parse(parts[2]))];
            case "far":
                ulong seed = ulong.Parse(parts[0]);
                byte[] first = Noise(seed, int.Parse(parts[1]), 256);
                return [.. first, .. Noise(seed + 1, int.Parse(parts[2]), 256), .. first];
            default:
                throw new ArgumentException(description);
        }
    }

    public static byte[] Noise(ulong seed, int count, int alphabet)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            seed = seed * 6364136223846793005 + 1442695040888963407;
            int letter = (int)((seed >> 33) % (ulong)alphabet);
            bytes[i] = (byte)(alphabet <= Letters ? 'a' + letter : letter);
        }
        return bytes;
    }

    private static byte[] Repeat(byte[] part, int count)
    {
        byte[] bytes = new byte[part.Length * count];
        for (int i = 0; i < count; i++) part.CopyTo(bytes, i * part.Length);
        return bytes;
    }
}
