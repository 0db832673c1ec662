/** The SDK needs Promise.withResolvers, which Node 20 has not. */
interface Resolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

const constructor = Promise as unknown as { withResolvers?: <T>() => Resolvers<T> };

constructor.withResolvers ??= <T>(): Resolvers<T> => {
  const resolvers: Partial<Resolvers<T>> = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return { ...(resolvers as Resolvers<T>), promise };
};
