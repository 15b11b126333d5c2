// Check (h): the official middleware for LangChain, unchanged, around an agent with a fake model.
import { FakeToolCallingModel } from 'langchain';
